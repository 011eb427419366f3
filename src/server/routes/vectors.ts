import type { Request } from 'express';
import type { CollectionInfo } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import type { HeldModels } from '../../retrieval/index.ts';
import { countItems } from '../access/audit-writes.ts';
import { problemOf } from '../http/problem.ts';
import { scopeOf } from '../http/request-scope.ts';
import { parsers } from '../parsing/parser-pool.ts';
import { type ReadRows, readVectorRows, type VectorFiles, type VectorRules } from '../parsing/vector-rows.ts';
import { filesOf } from '../uploads/pictures.ts';
import type { Context } from './context.ts';
import { widenedMember } from './item-answers.ts';
import { type Handler, parameter } from './route.ts';

/** Most bytes that are read on the main thread. */
const atOnceBytes = 128 * 1024;

/** Returns a file of the form. @throws SnapshelfError `request-invalid` if there is none. */
function fileOf(request: Request, name: keyof VectorFiles): Uint8Array {
  const [file] = filesOf(request, name);
  if (file !== undefined) return file.buffer;
  throw new SnapshelfError(
    'request-invalid',
    'Send a form with the files "vectors" (float32 or .npy) and "items" (JSON Lines), and the field "model".',
  );
}

/** Reads the rows, many of them in another thread. */
async function rowsOf(request: Request, rules: VectorRules, signal: AbortSignal): Promise<ReadRows> {
  const files = { vectors: fileOf(request, 'vectors'), items: fileOf(request, 'items') };
  const isSmall = files.vectors.length + files.items.length <= atOnceBytes;
  return isSmall ? readVectorRows(files, rules) : parsers().run('vectors', [files, rules], signal);
}

/** Returns the identity of the model that is named, which need not be held here. @throws SnapshelfError `model-not-found`. */
async function identityOf(named: string, info: CollectionInfo, models: HeldModels): Promise<string> {
  const { modelId, modelName } = info;
  const isBeginning = /^[0-9a-f]{8,64}$/.test(named) && modelId.startsWith(named);
  return named === modelName || isBeginning ? modelId : (await models.find(named)).id;
}

/** Returns the handler that stores items by their vectors. */
export const postVectors =
  ({
    retriever,
    uploads,
    models,
    limits,
  }: Context): Handler<'/v1/collections/:collection/items/vectors', 'post'> =>
  async (request, response) => {
    const { model, strict } = await uploads.fields('vectors', request, response);
    const collection = parameter(request, 'collection');
    const info = await retriever.gallery.info(collection);
    const modelId = await identityOf(model, info, models);
    const { signal } = scopeOf(response);
    const rules = { dimension: info.dimension, most: limits.batchVectors };
    const { items, vectors, notes } = await rowsOf(request, rules, signal);
    countItems(request, items.length);
    const { results, widened } = await retriever.addVectors(
      collection,
      modelId,
      { items, vectors },
      { strict, signal },
    );
    const idsOf = (wanted: string): string[] =>
      results.flatMap((one) => ('change' in one && one.change === wanted ? [one.item.id] : []));
    const failures = results.flatMap((one, row) =>
      one instanceof SnapshelfError ? [{ row, id: items[row]?.id ?? null, error: problemOf(one) }] : [],
    );
    response.json({
      stored: results.length - failures.length,
      failed: failures.length,
      added: idsOf('added').length,
      replaced: idsOf('replaced'),
      unchanged: idsOf('unchanged').length,
      ...widenedMember(widened),
      ...(notes.length > 0 && { notes }),
      failures,
    });
  };

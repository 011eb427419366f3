import { isDeepStrictEqual } from 'node:util';
import { pipeline } from '../embed/index.ts';
import { SnapshelfError } from '../errors.ts';
import type { Gallery, ItemInput, Json, Split } from '../gallery/index.ts';
import { isPictureError, readPictureFile } from '../image/index.ts';
import { hashOf, type PrepareContext, prepareItem } from './prepare-item.ts';
import { isItemError, storeItems } from './store-items.ts';

/** A picture on disk, with what is known of it. */
export interface ImportSample {
  readonly id: string;
  readonly path: string;
  readonly label: string;
  readonly productId: string;
  readonly split?: Split | undefined;
  readonly metadata?: Readonly<Record<string, Json>> | undefined;
}

/** How far an import is. */
export interface ImportProgress {
  /** Pictures dealt with, whether added, unchanged or failed. */
  readonly done: number;
}

export interface ImportOptions {
  /** Items that one transaction writes, 1 or more. Larger is faster; what is not yet written is done again after a crash. Default 64. */
  readonly batch?: number | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Ends the import after the transaction under way; rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What an import did. */
export interface ImportReport {
  /** Items added or replaced. */
  readonly added: number;
  /** Items that were there with the same picture and fields. */
  readonly unchanged: number;
  readonly failed: readonly { readonly id: string; readonly path: string; readonly error: SnapshelfError }[];
}

interface Prepared {
  readonly kind: 'item';
  readonly sample: ImportSample;
  readonly item: ItemInput;
}

type Outcome =
  | Prepared
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'failed'; readonly sample: ImportSample; readonly error: SnapshelfError };

/** What an import works with. */
export interface ImportContext extends PrepareContext {
  readonly gallery: Gallery;
  readonly collection: string;
  readonly modelId: string;
  /** Whether the collection keeps pictures. */
  readonly storeImages: boolean;
  /** Pictures under way at once: enough to keep the batches of the embedder full. */
  readonly ahead: number;
}

const lookAhead = 256;

interface Known {
  readonly sample: ImportSample;
  /** Hash of the picture that the collection has under this id. */
  readonly hash: string | undefined;
}

/** Asks for the hashes of what is there, many ids at a time. */
async function* withKnownHashes(
  samples: Iterable<ImportSample>,
  { gallery, collection }: ImportContext,
): AsyncGenerator<Known> {
  let chunk: ImportSample[] = [];
  const flush = async (): Promise<Known[]> => {
    const hashes = await gallery.hashes(
      collection,
      chunk.map(({ id }) => id),
    );
    const known = chunk.map((sample) => ({ sample, hash: hashes.get(sample.id) }));
    chunk = [];
    return known;
  };
  for (const sample of samples) {
    chunk.push(sample);
    if (chunk.length === lookAhead) yield* await flush();
  }
  yield* await flush();
}

async function isUnchanged(
  sample: ImportSample,
  { gallery, collection, storeImages }: ImportContext,
): Promise<boolean> {
  const item = await gallery.get(collection, sample.id);
  const { productId, label, split = null, metadata = {} } = sample;
  return (
    item.hasImage === storeImages &&
    isDeepStrictEqual(
      [item.productId, item.label, item.split, item.metadata],
      [productId, label, split, metadata],
    )
  );
}

async function readPicture(path: string, { limits }: ImportContext): Promise<Uint8Array> {
  try {
    return await readPictureFile(path, limits);
  } catch (cause) {
    if (cause instanceof SnapshelfError || !isPictureError(cause)) throw cause;
    throw new SnapshelfError('source-invalid', `The image cannot be read: ${cause.message}.`, { cause });
  }
}

async function embedSample({ sample, hash }: Known, context: ImportContext): Promise<Outcome> {
  try {
    context.signal?.throwIfAborted();
    const image = await readPicture(sample.path, context);
    if (hash !== undefined && hash === (await hashOf(image)) && (await isUnchanged(sample, context)))
      return { kind: 'unchanged' };
    return { kind: 'item', sample, item: await prepareItem({ ...sample, image }, context) };
  } catch (error) {
    if (isItemError(error)) return { kind: 'failed', sample, error };
    throw error;
  }
}

/**
 * Adds pictures on disk to a collection. What is there with the same bytes and fields is skipped, so an import that
 * was interrupted goes on where it was. Pictures are read, decoded and embedded a bounded number at a time, so memory
 * does not grow with their count. A picture that cannot be added is reported and does not stop the rest.
 */
export async function importSamples(
  samples: Iterable<ImportSample>,
  context: ImportContext,
  { batch = 64, onProgress }: ImportOptions,
): Promise<ImportReport> {
  const report = { added: 0, unchanged: 0, failed: [] as ImportReport['failed'][number][] };
  let waiting: Prepared[] = [];
  const write = async (): Promise<void> => {
    const items = waiting;
    waiting = [];
    const { gallery, collection, modelId } = context;
    const stored = await storeItems(
      gallery,
      collection,
      modelId,
      items.map(({ item }) => item),
    );
    for (const [i, result] of stored.entries()) {
      const sample = items[i]?.sample;
      if (!(result instanceof SnapshelfError)) report.added += 1;
      else if (sample !== undefined) report.failed.push({ id: sample.id, path: sample.path, error: result });
    }
    onProgress?.({ done: report.added + report.unchanged + report.failed.length });
  };
  const known = withKnownHashes(samples, context);
  for await (const outcome of pipeline(known, context.ahead, (one) => embedSample(one, context))) {
    if (outcome.kind === 'item') waiting.push(outcome);
    else if (outcome.kind === 'unchanged') report.unchanged += 1;
    else report.failed.push({ id: outcome.sample.id, path: outcome.sample.path, error: outcome.error });
    if (waiting.length >= batch) await write();
    else onProgress?.({ done: report.added + waiting.length + report.unchanged + report.failed.length });
    context.signal?.throwIfAborted();
  }
  await write();
  return report;
}

import type { Request, Response } from 'express';
import type { ItemChange } from '../../engine/index.ts';
import { type ErrorCode, SnapshelfError } from '../../errors.ts';
import { shown } from '../../json/index.ts';
import type { AddInput, AddResult } from '../../retrieval/index.ts';
import { canonical, counted } from '../../text.ts';
import { problemOf } from '../http/problem.ts';
import { scopeOf } from '../http/request-scope.ts';
import type { ItemResult } from '../operations/item-operations.ts';
import type { BatchItem } from '../parsing/schemas.ts';
import { filesOf } from '../uploads/pictures.ts';
import type { Context } from './context.ts';
import { type FetchedItem, fetchItems } from './fetched.ts';
import { itemWithLinks, Widened } from './item-answers.ts';
import { ItemTexts } from './item-texts.ts';
import { type Handler, parameter } from './route.ts';

type File = Express.Multer.File;

const refuse = (what: string, code: ErrorCode = 'request-invalid'): never => {
  throw new SnapshelfError(code, `${what} Nothing was stored.`);
};

/** Returns the first text that stands twice in a list, in one spelling or two. */
export function firstTwice(texts: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return texts.find((text) => seen.size === seen.add(canonical(text)).size);
}

/** A character that stands where bytes were not UTF-8: names that differed may be the same now. */
const replacement = '\ufffd';

/** Checks that the names of the files tell them apart. */
function requireNames(files: readonly File[]): void {
  const names = files.map(({ originalname }) => originalname);
  const broken = names.findIndex((name) => name.includes(replacement));
  if (broken !== -1)
    refuse(
      `The name of file ${broken + 1} is not UTF-8: ${shown(names[broken])}. Send names in UTF-8, or entries in "items" with ids and without "file".`,
    );
  const twice = firstTwice(names);
  if (twice !== undefined)
    refuse(
      `Two files have the name ${shown(twice)}. Give each its own, or entries in "items" with ids and without "file", in the order of the files.`,
    );
}

/** Returns the file of each entry: by name if all entries name one, by position if none does. */
function filesOfEntries(files: readonly File[], entries: readonly BatchItem[]): readonly File[] {
  const names = entries.flatMap(({ file }) => file ?? []);
  if (entries.length !== files.length)
    refuse(
      `The batch has ${counted(files.length, 'file')} and ${counted(entries.length, 'entry', 'entries')} in "items", but each file is one item.`,
      entries.length > files.length && names.length === 0 ? 'image-missing' : 'request-invalid',
    );
  if (names.length === 0) return files;
  const unnamed = entries.find(({ file }) => file === undefined);
  if (unnamed !== undefined)
    refuse(
      `The item ${shown(unnamed.id)} names no file, but others do. Name the file of all items, or of none.`,
    );
  requireNames(files);
  const twice = firstTwice(names);
  if (twice !== undefined) refuse(`Two items name the file ${shown(twice)}, but each file is one item.`);
  const byName = new Map(files.map((file) => [canonical(file.originalname), file]));
  return entries.map(({ id, file = '' }) => {
    const found = byName.get(canonical(file));
    const problem = `The item ${shown(id)} names the file ${shown(file)}, which is not in the batch.`;
    return found ?? refuse(problem, 'image-missing');
  });
}

/** Returns the items of a batch: each entry of the field `items` with its file, or one item per file without that field. */
function batchInputs(request: Request, items: readonly BatchItem[] | undefined): AddInput[] {
  const files = filesOf(request);
  if (files.length === 0)
    throw new SnapshelfError('image-missing', 'Send pictures in the form field "images".');
  if (items === undefined) requireNames(files);
  const entries: readonly BatchItem[] = items ?? files.map(({ originalname }) => ({ id: originalname }));
  const pictures = filesOfEntries(files, entries);
  requireOnce(entries);
  return entries.map(({ file: _, url: _url, ...entry }, place) => ({
    ...entry,
    image: (pictures[place] as File).buffer,
  }));
}

/** Returns the items of a batch with their pictures, which it brings or whose addresses it has. */
async function inputsOf(
  context: Context,
  request: Request,
  response: Response,
  items: readonly BatchItem[] | undefined,
): Promise<readonly FetchedItem[]> {
  const withUrl = items?.find(({ url }) => url !== undefined);
  if (items === undefined || withUrl === undefined) return batchInputs(request, items);
  if (filesOf(request).length > 0)
    refuse(`The item ${shown(withUrl.id)} has a url, but the batch has files. Send them in two batches.`);
  requireOnce(items);
  await context.retriever.gallery.info(parameter(request, 'collection'));
  return fetchItems(context, request, response, items);
}

/** Checks that each id occurs once. */
function requireOnce(entries: readonly BatchItem[]): void {
  const twice = firstTwice(entries.map(({ id }) => id));
  if (twice !== undefined) refuse(`The item id ${shown(twice)} occurs twice in the batch.`);
}

/** @param id the id as the client sent it */
function batchResult(request: Request, result: AddResult, id: string): ItemResult {
  if (result.ok) {
    const { change, item } = result;
    return { id, status: 200, change, item: itemWithLinks(request, item) };
  }
  const error = problemOf(result.error);
  return { id, status: error.status, error };
}

/** Returns the handler that stores several items. */
export const postBatch =
  (context: Context): Handler<'/v1/collections/:collection/items/batch', 'post'> =>
  async (request, response) => {
    const { retriever, uploads } = context;
    const { items: sent, strict } = await uploads.fields('batch', request, response);
    const texts = new ItemTexts();
    const items = sent?.map((entry, at) => texts.trim(entry, ['id', 'productId', 'label'], `items[${at}].`));
    const collection = parameter(request, 'collection');
    const { signal } = scopeOf(response);
    const inputs = await inputsOf(context, request, response, items);
    const widened = new Widened();
    const options = { signal, strict, onWidened: widened.add };
    const good = inputs.filter((input): input is AddInput => 'image' in input);
    const added = (await retriever.add(collection, good, options)).values();
    const results = inputs.map((input) => ('image' in input ? (added.next().value as AddResult) : input));
    const idsOf = (wanted: ItemChange): string[] =>
      results.flatMap((result) => (result.ok && result.change === wanted ? [result.item.id] : []));
    const stored = results.filter(({ ok }) => ok).length;
    response.json({
      stored,
      failed: results.length - stored,
      added: idsOf('added').length,
      replaced: idsOf('replaced'),
      unchanged: idsOf('unchanged').length,
      ...widened.told,
      ...texts.told,
      results: results.map((result, at) => batchResult(request, result, sent?.[at]?.id ?? result.id)),
    });
  };

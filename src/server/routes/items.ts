import type { Request, Response } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { Item, StoredImage } from '../../gallery/index.ts';
import type { AddInput, AddResult } from '../../retrieval/index.ts';
import { problemOf } from '../http/problem.ts';
import { scopeOf } from '../http/request-scope.ts';
import type { BatchItem } from '../parsing/schemas.ts';
import { filesOf, requirePicture } from '../uploads/pictures.ts';
import type { Context } from './context.ts';
import { collectionPath, type Handler, parameter, route } from './route.ts';

/** Returns an item with the links to its pictures. */
export function itemWithLinks(request: Request, item: Item): object {
  const path = `${collectionPath(request)}/items/${encodeURIComponent(item.id)}`;
  const links = {
    self: path,
    ...(item.hasImage ? { image: `${path}/image` } : {}),
    ...(item.hasThumbnail ? { thumbnail: `${path}/thumbnail` } : {}),
  };
  return { ...item, links };
}

/** Sends a stored picture so that a browser shows it as nothing but a picture. */
function sendPicture(response: Response, { bytes, mediaType }: StoredImage, etag: string): void {
  response.set({
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'private, max-age=0, must-revalidate',
    ETag: `"${etag}"`,
  });
  if (response.req.fresh) response.status(304).end();
  else response.type(mediaType).send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** Returns the collection and the item id of the path. */
const itemOf = (request: Request): { readonly collection: string; readonly id: string } => ({
  collection: parameter(request, 'collection'),
  id: parameter(request, 'id'),
});

const putItem =
  ({ retriever, uploads }: Context): Handler =>
  async (request, response) => {
    const { collection, id } = itemOf(request);
    const { image: inJson, ...fields } = await uploads.fields('item', request, response);
    const known = await retriever.gallery.hashes(collection, [id]);
    const image = requirePicture(request, inJson);
    const { signal } = scopeOf(response);
    const [result] = await retriever.add(collection, [{ id, image, ...fields }], { signal });
    if (result?.ok !== true) throw result?.error ?? new SnapshelfError('internal', 'The item has no result.');
    response.status(known.has(id) ? 200 : 201).json(itemWithLinks(request, result.item));
  };

const refuse = (what: string): never => {
  throw new SnapshelfError('request-invalid', what);
};

const areDifferent = (names: readonly unknown[]): boolean => new Set(names).size === names.length;

/** Returns the file of each entry: by name if all entries name one, by position if none does. */
function filesOfEntries(
  files: readonly Express.Multer.File[],
  entries: readonly BatchItem[],
): readonly (Express.Multer.File | undefined)[] {
  if (entries.length < files.length)
    refuse(`The batch has ${files.length} files and ${entries.length} entries, but each file is one item.`);
  const names = entries.flatMap(({ file }) => file ?? []);
  if (names.length === 0) return files;
  if (names.length < entries.length) refuse('Either all entries of a batch must name their file, or none.');
  if (!areDifferent(names)) refuse('Two entries name the same file, but each file is one item.');
  if (!areDifferent(files.map(({ originalname }) => originalname))) refuse('Two files have the same name.');
  const byName = new Map(files.map((file) => [file.originalname, file]));
  return names.map((name) => byName.get(name));
}

/** Returns the items of a batch: each entry of the field `items` with its file, or one item per file without that field. */
function batchInputs(request: Request, items: readonly BatchItem[] | undefined): AddInput[] {
  const files = filesOf(request);
  if (files.length === 0)
    throw new SnapshelfError('image-missing', 'Send pictures in the form field "images".');
  const entries: readonly BatchItem[] = items ?? files.map(({ originalname }) => ({ id: originalname }));
  const pictures = filesOfEntries(files, entries);
  const inputs = entries.map(({ file, ...entry }, place) => {
    const picture = pictures[place];
    if (picture === undefined)
      throw new SnapshelfError(
        'image-missing',
        `The item ${JSON.stringify(entry.id)} has no file ${JSON.stringify(file ?? place)}.`,
      );
    return { ...entry, image: picture.buffer };
  });
  if (!areDifferent(inputs.map(({ id }) => id))) refuse('An item id occurs twice in the batch.');
  return inputs;
}

function batchResult(request: Request, result: AddResult): object {
  if (result.ok) return { id: result.id, status: 200, item: itemWithLinks(request, result.item) };
  const error = problemOf(result.error);
  return { id: result.id, status: error.status, error };
}

const postBatch =
  ({ retriever, uploads }: Context): Handler =>
  async (request, response) => {
    const { items } = await uploads.fields('batch', request, response);
    const inputs = batchInputs(request, items);
    const { signal } = scopeOf(response);
    const results = await retriever.add(parameter(request, 'collection'), inputs, { signal });
    const stored = results.filter(({ ok }) => ok).length;
    response.json({
      stored,
      failed: results.length - stored,
      results: results.map((result) => batchResult(request, result)),
    });
  };

const list =
  ({ retriever, uploads }: Context): Handler =>
  async (request, response) => {
    const options = await uploads.fields('list', request, response);
    const { items, next } = await retriever.gallery.list(parameter(request, 'collection'), options);
    response.json({ items: items.map((item) => itemWithLinks(request, item)), next });
  };

const picture =
  ({ retriever: { gallery } }: Context, kind: 'image' | 'thumbnail'): Handler =>
  async (request, response) => {
    const { collection, id } = itemOf(request);
    const { imageHash } = await gallery.get(collection, id);
    const etag = kind === 'image' ? imageHash : `${imageHash}-small`;
    sendPicture(response, await gallery[kind](collection, id), etag);
  };

/** Adds `/v1/collections/{collection}/items` and the routes below it. */
export function itemRoutes(context: Context): void {
  const { uploads, origins } = context;
  const { gallery } = context.retriever;
  const items = '/v1/collections/:collection/items';
  route(context, items, { get: list(context) });
  route(context, `${items}/batch`, { post: [uploads.receive.batch, postBatch(context)] });
  route(context, `${items}/:id`, {
    put: [uploads.receive.item, putItem(context)],
    async get(request, response) {
      const { collection, id } = itemOf(request);
      response.json(itemWithLinks(request, await gallery.get(collection, id)));
    },
    async delete(request, response) {
      const { collection, id } = itemOf(request);
      if ((await gallery.delete(collection, [id])) === 0) await gallery.get(collection, id);
      response.status(204).end();
    },
  });
  route(context, `${items}/:id/image`, { get: [[origins.embed()], picture(context, 'image')] });
  route(context, `${items}/:id/thumbnail`, { get: [[origins.embed()], picture(context, 'thumbnail')] });
}

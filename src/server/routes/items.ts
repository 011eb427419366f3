import type { Request } from 'express';
import { SnapshelfError } from '../../errors.ts';
import { scopeOf } from '../http/request-scope.ts';
import { requirePicture } from '../uploads/pictures.ts';
import { postBatch } from './batch.ts';
import type { Context } from './context.ts';
import { itemWithLinks, sendPicture } from './item-answers.ts';
import { type Handler, type Methods, parameter, route } from './route.ts';

const itemsPath = '/v1/collections/:collection/items';

/** Returns the collection and the item id of the path: its last segment where that is no parameter, as in `items/batch`. */
const itemOf = (request: Request): { readonly collection: string; readonly id: string } => ({
  collection: parameter(request, 'collection'),
  id: request.params['id'] === undefined ? (request.path.split('/')[5] ?? '') : parameter(request, 'id'),
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

/** The methods of one item. */
function itemMethods(context: Context): Methods<`${typeof itemsPath}/:id`> {
  const { gallery } = context.retriever;
  return {
    put: [context.uploads.receive.item, putItem(context)],
    async get(request, response) {
      const { collection, id } = itemOf(request);
      response.json(itemWithLinks(request, await gallery.get(collection, id)));
    },
    async delete(request, response) {
      const { collection, id } = itemOf(request);
      if ((await gallery.delete(collection, [id])) === 0) await gallery.get(collection, id);
      response.status(204).end();
    },
  };
}

/** Adds `/v1/collections/{collection}/items` and the routes below it. */
export function itemRoutes(context: Context): void {
  const { uploads, origins } = context;
  const item = itemMethods(context);
  route(context, itemsPath, { get: list(context) });
  // An item may be called like these routes.
  route(context, `${itemsPath}/batch`, { ...item, post: [uploads.receive.batch, postBatch(context)] });
  route(context, `${itemsPath}/:id`, item);
  route(context, `${itemsPath}/:id/image`, { get: [[origins.embed()], picture(context, 'image')] });
  route(context, `${itemsPath}/:id/thumbnail`, { get: [[origins.embed()], picture(context, 'thumbnail')] });
}

import type { Request } from 'express';
import type { Item, ItemChange } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { shown } from '../../json/index.ts';
import { etagOf, expectedOf } from '../http/conditions.ts';
import { scopeOf } from '../http/request-scope.ts';
import { wantsLines } from '../http/send-lines.ts';
import { pictureOf, requirePicture } from '../uploads/pictures.ts';
import { firstTwice, postBatch } from './batch.ts';
import type { Context } from './context.ts';
import { fetchItemPicture } from './fetched.ts';
import { itemWithLinks, Widened, widenedMember } from './item-answers.ts';
import { sendItemLines } from './item-lines.ts';
import { ItemTexts } from './item-texts.ts';
import { type Handler, type Methods, parameter, route } from './route.ts';
import { postVectors } from './vectors.ts';

const itemsPath = '/v1/collections/:collection/items';
type ItemPath = `${typeof itemsPath}/:id`;

/** Returns the collection and the item id of the path: its last segment where that is no parameter, as in `items/batch`. */
const itemOf = (request: Request): { readonly collection: string; readonly id: string } => ({
  collection: parameter(request, 'collection'),
  id: request.params['id'] === undefined ? (request.path.split('/')[5] ?? '') : parameter(request, 'id'),
});

const putItem =
  (context: Context): Handler<ItemPath, 'put'> =>
  async (request, response) => {
    const { retriever, uploads } = context;
    const { collection, id } = itemOf(request);
    const { image: inJson, url, strict, ...sent } = await uploads.fields('item', request, response);
    const texts = new ItemTexts();
    const fields = texts.trim(sent, ['productId', 'label']);
    const { signal } = scopeOf(response);
    if (url !== undefined && pictureOf(request, inJson) !== undefined)
      throw new SnapshelfError('request-invalid', 'Send a picture or its url, not both.');
    const image =
      url === undefined
        ? requirePicture(request, inJson)
        : await fetchItemPicture(context, request, response, url);
    const widened = new Widened();
    const options = { signal, strict, expected: expectedOf(request), onWidened: widened.add };
    const [result] = await retriever.add(collection, [{ id, image, ...fields }], options);
    if (result?.ok !== true) throw result?.error ?? new SnapshelfError('internal', 'The item has no result.');
    const answer = {
      ...itemWithLinks(request, result.item),
      change: result.change,
      ...widened.told,
      ...texts.told,
    };
    response
      .status(result.change === 'added' ? 201 : 200)
      .set('ETag', etagOf(result.item))
      .json(answer);
  };

const patchItem =
  ({ retriever, uploads }: Context): Handler<ItemPath, 'patch'> =>
  async (request, response) => {
    const { collection, id } = itemOf(request);
    const { strict, ...sent } = await uploads.fields('update', request, response);
    const texts = new ItemTexts();
    const fields = texts.trim(sent, ['productId', 'label']);
    const options = { strict, expected: expectedOf(request) };
    const { items, changes, widened } = await retriever.update(collection, [{ id, ...fields }], options);
    const item = items[0] as Item;
    const answer = itemWithLinks(request, item);
    response.set('ETag', etagOf(item)).json({
      ...answer,
      change: changes[0] as ItemChange,
      ...widenedMember(widened),
      ...texts.told,
    });
  };

const patchItems =
  ({ retriever, uploads }: Context): Handler<typeof itemsPath, 'patch'> =>
  async (request, response) => {
    const { items: sent, strict } = await uploads.fields('updates', request, response);
    const texts = new ItemTexts();
    const updates = sent.map((fields, at) => texts.trim(fields, ['productId', 'label'], `items[${at}].`));
    const twice = firstTwice(updates.map(({ id }) => id));
    if (twice !== undefined)
      throw new SnapshelfError(
        'request-invalid',
        `The item id ${shown(twice)} occurs twice. Nothing was changed.`,
      );
    const collection = parameter(request, 'collection');
    const { items, updated, unchanged, widened } = await retriever.update(collection, updates, { strict });
    const answer = { updated, unchanged, ...widenedMember(widened), ...texts.told };
    response.json({ ...answer, items: items.map((item) => itemWithLinks(request, item)) });
  };

const deleteItems =
  ({ retriever, uploads }: Context): Handler<`${typeof itemsPath}/delete`, 'post'> =>
  async (request, response) => {
    const { ids, filter, productId } = await uploads.fields('delete', request, response);
    const selections = [
      ...(ids === undefined ? [] : [{ ids }]),
      ...(filter === undefined ? [] : [{ filter }]),
      ...(productId === undefined ? [] : [{ productId }]),
    ];
    const [selection] = selections;
    if (selection === undefined || selections.length > 1)
      throw new SnapshelfError('request-invalid', 'Send exactly one of ids, filter and productId.');
    response.json({ deleted: await retriever.delete(parameter(request, 'collection'), selection) });
  };

const list =
  ({ retriever: { gallery }, uploads }: Context): Handler<typeof itemsPath, 'get'> =>
  async (request, response) => {
    const options = await uploads.fields('list', request, response);
    const collection = parameter(request, 'collection');
    response.vary('Accept');
    if (wantsLines(request)) return sendItemLines(request, response, { gallery, collection, options });
    const { items, ...page } = await gallery.list(collection, options);
    response.json({ items: items.map((item) => itemWithLinks(request, item)), ...page });
  };

/** The methods of one item. */
function itemMethods(context: Context): Methods<ItemPath> {
  const { gallery } = context.retriever;
  return {
    put: [context.uploads.receive.item, putItem(context)],
    async get(request, response) {
      const { collection, id } = itemOf(request);
      const stored = await gallery.get(collection, id);
      response.set('ETag', etagOf(stored)).json(itemWithLinks(request, stored));
    },
    patch: [context.uploads.receive.update, patchItem(context)],
    async delete(request, response) {
      const { collection, id } = itemOf(request);
      const options = { expected: expectedOf(request) };
      if ((await gallery.delete(collection, [id], options)) === 0) await gallery.get(collection, id);
      response.status(204).end();
    },
  };
}

/** Adds `/v1/collections/{collection}/items` and the routes below it. */
export function itemRoutes(context: Context): void {
  const { uploads } = context;
  const item = itemMethods(context);
  route(context, itemsPath, {
    get: list(context),
    patch: [uploads.receive.updates, patchItems(context)],
  });
  // An item may be called like these routes.
  route(context, `${itemsPath}/batch`, { ...item, post: [uploads.receive.batch, postBatch(context)] });
  route(context, `${itemsPath}/delete`, { ...item, post: [uploads.receive.delete, deleteItems(context)] });
  route(context, `${itemsPath}/vectors`, { ...item, post: [uploads.receive.vectors, postVectors(context)] });
  route(context, `${itemsPath}/:id`, item);
}

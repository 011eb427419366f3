import { SnapshelfError } from '../../errors.ts';
import { scopeOf } from '../http/request-scope.ts';
import { pictureOf, requirePicture } from '../uploads/pictures.ts';
import { comparePictures } from './compare.ts';
import type { Context } from './context.ts';
import { itemDuplicates } from './duplicates.ts';
import { queryOf, searchOptionsOf } from './query.ts';
import { type Handler, parameter, route } from './route.ts';
import { searchPage } from './search-page.ts';
import { searchBatch } from './searches.ts';

const search =
  ({ retriever, uploads }: Context): Handler<'/v1/collections/:collection/search', 'post'> =>
  async (request, response) => {
    const fields = await uploads.fields('search', request, response);
    const options = searchOptionsOf(fields);
    const { signal, startedAt } = scopeOf(response);
    const query = queryOf(request, fields);
    const answer = await retriever.search(parameter(request, 'collection'), query, { ...options, signal });
    response.json(searchPage(request, answer, performance.now() - startedAt));
  };

const facets =
  ({ retriever, uploads }: Context): Handler<'/v1/collections/:collection/facets', 'post'> =>
  async (request, response) => {
    const asked = await uploads.fields('facets', request, response);
    const { signal } = scopeOf(response);
    const collection = parameter(request, 'collection');
    response.json(await retriever.gallery.facets(collection, { ...asked, signal }));
  };

const embed =
  ({ access, retriever, models, uploads }: Context): Handler<'/v1/embeddings', 'post'> =>
  async (request, response) => {
    const { image, collection, model, crop } = await uploads.fields('embedding', request, response);
    if (collection !== undefined) access.requireCollection(collection, request);
    const picture = requirePicture(request, image);
    if (collection !== undefined && model !== undefined)
      throw new SnapshelfError('request-invalid', 'Name a collection or a model, not both.');
    const { signal } = scopeOf(response);
    const modelId = model === undefined ? undefined : (await models.find(model)).id;
    const {
      model: used,
      vector,
      crop: found,
      timings,
    } = await retriever.embed(picture, {
      collection,
      modelId,
      crop,
      signal,
    });
    response.json({
      model: used,
      dimension: vector.length,
      embedding: [...vector],
      ...(found !== undefined && { crop: found }),
      timings,
    });
  };

const explain =
  ({ retriever, uploads }: Context): Handler<'/v1/collections/:collection/search/explain', 'post'> =>
  async (request, response) => {
    const fields = await uploads.fields('explanation', request, response);
    const { match, itemId, crop } = fields;
    const image = pictureOf(request, fields.image);
    if (image !== undefined && itemId !== undefined)
      throw new SnapshelfError('request-invalid', 'Send an image or an itemId, not both.');
    if (crop !== undefined && image === undefined)
      throw new SnapshelfError('request-invalid', 'The field crop needs a picture.');
    const { signal } = scopeOf(response);
    const query = itemId === undefined ? { image: requirePicture(request, fields.image), crop } : { itemId };
    response.json(await retriever.explain(parameter(request, 'collection'), query, match, { signal }));
  };

/** Adds the routes that look for what is similar, and `/v1/embeddings`. */
export function searchRoutes(context: Context): void {
  const { receive } = context.uploads;
  route(context, '/v1/collections/:collection/search', { post: [receive.search, search(context)] });
  route(context, '/v1/collections/:collection/search/batch', {
    post: [receive.searches, searchBatch(context)],
  });
  route(context, '/v1/collections/:collection/search/explain', {
    post: [receive.explanation, explain(context)],
  });
  route(context, '/v1/collections/:collection/facets', { post: [receive.facets, facets(context)] });
  route(context, '/v1/compare', { post: [receive.comparison, comparePictures(context)] });
  route(context, '/v1/collections/:collection/items/:id/duplicates', { get: itemDuplicates(context) });
  route(context, '/v1/embeddings', { post: [receive.embedding, embed(context)] });
}

import type { Request } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { Query, RetrieverAnswer } from '../../retrieval/index.ts';
import { scopeOf } from '../http/request-scope.ts';
import type { SearchPage } from '../operations/answer-parts.ts';
import type { RequestFields } from '../parsing/schemas.ts';
import { pictureOf, requirePicture } from '../uploads/pictures.ts';
import type { Context } from './context.ts';
import { itemWithLinks } from './item-answers.ts';
import { type Handler, parameter, route } from './route.ts';

/** Returns the query of a search: exactly one of a picture, an item and a vector. */
function queryOf(
  request: Request,
  { image: inJson, itemId, ownProduct, vector, crop }: RequestFields['search'],
): Query {
  const image = pictureOf(request, inJson);
  const given = [image, itemId, vector].filter((value) => value !== undefined).length;
  if (given > 1)
    throw new SnapshelfError('request-invalid', 'Send one of image, itemId and vector, not several.');
  if (crop !== undefined && image === undefined)
    throw new SnapshelfError('request-invalid', 'The field crop needs a picture.');
  if (ownProduct !== undefined && itemId === undefined)
    throw new SnapshelfError('request-invalid', 'The field ownProduct needs an itemId.');
  if (itemId !== undefined) return { itemId, ownProduct };
  if (vector !== undefined) return { vector };
  return { image: requirePicture(request, inJson), crop };
}

function answerBody(
  request: Request,
  { model, hits, next, total, hidden, damaged, searched, timings }: RetrieverAnswer,
  totalMs: number,
): SearchPage {
  const { metric, ...how } = searched;
  return {
    collection: parameter(request, 'collection'),
    model,
    metric,
    searched: how,
    timings: { ...timings, totalMs },
    results: hits.map(({ item, score, distance }, i) => ({
      rank: i + 1,
      score,
      distance,
      item: itemWithLinks(request, item),
    })),
    next,
    total,
    hidden,
    ...(damaged !== undefined && { damaged }),
  };
}

const search =
  ({ retriever, uploads }: Context): Handler<'/v1/collections/:collection/search', 'post'> =>
  async (request, response) => {
    const fields = await uploads.fields('search', request, response);
    const { image: _i, itemId: _id, ownProduct: _own, vector: _v, crop: _crop, ...options } = fields;
    const { signal, startedAt } = scopeOf(response);
    const query = queryOf(request, fields);
    const answer = await retriever.search(parameter(request, 'collection'), query, { ...options, signal });
    response.json(answerBody(request, answer, performance.now() - startedAt));
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
      timings,
    } = await retriever.embed(picture, {
      collection,
      modelId,
      crop,
      signal,
    });
    response.json({ model: used, dimension: vector.length, embedding: [...vector], timings });
  };

/** Adds `/v1/collections/{collection}/search` and `/v1/embeddings`. */
export function searchRoutes(context: Context): void {
  const { receive } = context.uploads;
  route(context, '/v1/collections/:collection/search', { post: [receive.search, search(context)] });
  route(context, '/v1/embeddings', { post: [receive.embedding, embed(context)] });
}

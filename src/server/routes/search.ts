import type { Request, Response } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { Query, Retriever, RetrieverAnswer } from '../../retrieval/index.ts';
import type { GuardedRouter } from '../access/access.ts';
import { scopeOf } from '../http/request-scope.ts';
import type { RequestFields } from '../parsing/schemas.ts';
import { pictureOf, requirePicture } from '../uploads/pictures.ts';
import type { Uploads } from '../uploads/uploads.ts';
import { itemWithLinks } from './items.ts';
import { parameter, route } from './route.ts';

/** Returns the query of a search: exactly one of a picture, an item and a vector. */
function queryOf(request: Request, { image: inJson, itemId, vector, crop }: RequestFields['search']): Query {
  const image = pictureOf(request, inJson);
  const given = [image, itemId, vector].filter((value) => value !== undefined).length;
  if (given > 1)
    throw new SnapshelfError('request-invalid', 'Send one of image, itemId and vector, not several.');
  if (crop !== undefined && image === undefined)
    throw new SnapshelfError('request-invalid', 'The field crop needs a picture.');
  if (itemId !== undefined) return { itemId };
  if (vector !== undefined) return { vector };
  return { image: requirePicture(request, inJson), crop };
}

function answerBody(
  request: Request,
  { model, hits, next, searched, timings }: RetrieverAnswer,
  totalMs: number,
): object {
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
  };
}

async function search(
  retriever: Retriever,
  fields: RequestFields['search'],
  request: Request,
  response: Response,
): Promise<void> {
  const collection = parameter(request, 'collection');
  const { image: _image, itemId: _itemId, vector: _vector, crop: _crop, ...options } = fields;
  const { signal, startedAt } = scopeOf(response);
  const answer = await retriever.search(collection, queryOf(request, fields), { ...options, signal });
  response.json(answerBody(request, answer, performance.now() - startedAt));
}

async function embed(
  retriever: Retriever,
  { image, collection, model: modelId, crop }: RequestFields['embedding'],
  request: Request,
  response: Response,
): Promise<void> {
  const picture = requirePicture(request, image);
  if (collection !== undefined && modelId !== undefined)
    throw new SnapshelfError('request-invalid', 'Name a collection or a model, not both.');
  const { model, vector, timings } = await retriever.embed(picture, {
    collection,
    modelId,
    crop,
    signal: scopeOf(response).signal,
  });
  response.json({ model, dimension: vector.length, embedding: [...vector], timings });
}

/** Adds `/v1/collections/{collection}/search` and `/v1/embeddings`. */
export function searchRoutes(router: GuardedRouter, retriever: Retriever, uploads: Uploads): void {
  route(router, '/v1/collections/:collection/search', {
    post: [
      uploads.receive.search,
      async (request, response) =>
        search(retriever, await uploads.fields('search', request, response), request, response),
    ],
  });
  route(router, '/v1/embeddings', {
    post: [
      uploads.receive.embedding,
      async (request, response) =>
        embed(retriever, await uploads.fields('embedding', request, response), request, response),
    ],
  });
}

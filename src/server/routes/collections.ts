import type { Request, Router } from 'express';
import type { CollectionInfo } from '../../gallery/index.ts';
import { findCollection, type Retriever } from '../../retrieval/index.ts';
import type { Evaluations } from '../evaluations/evaluations.ts';
import type { Uploads } from '../uploads.ts';
import { parameter, route } from './route.ts';

function withLinks(request: Request, info: CollectionInfo): object {
  const path = `${request.baseUrl}/v1/collections/${info.name}`;
  return { ...info, links: { items: `${path}/items`, search: `${path}/search` } };
}

/** `/v1/collections` and `/v1/collections/{collection}`. */
export function collectionRoutes(
  router: Router,
  retriever: Retriever,
  uploads: Uploads,
  evaluations?: Evaluations,
): void {
  route(router, '/v1/collections', {
    async get(request, response) {
      const collections = await retriever.gallery.collections();
      response.json({ collections: collections.map((info) => withLinks(request, info)) });
    },
  });
  route(router, '/v1/collections/:collection', {
    async get(request, response) {
      response.json(withLinks(request, await retriever.gallery.info(parameter(request, 'collection'))));
    },
    put: [
      uploads.receive.collection,
      async (request, response) => {
        const name = parameter(request, 'collection');
        const settings = await uploads.fields('collection', request, response);
        const known = await findCollection(retriever.gallery, name);
        const info = await retriever.createCollection(name, settings);
        response.status(known === undefined ? 201 : 200).json(withLinks(request, info));
      },
    ],
    async delete(request, response) {
      const name = parameter(request, 'collection');
      await retriever.gallery.info(name);
      // First its evaluations: what a crash leaves in between must not show up in a later collection of that name.
      await evaluations?.removeAll(name);
      await retriever.gallery.drop(name);
      response.status(204).end();
    },
  });
}

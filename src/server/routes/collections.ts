import type { Request, Router } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { CollectionInfo } from '../../gallery/index.ts';
import type { Retriever } from '../../retrieval/index.ts';
import { fieldsOf } from '../fields.ts';
import { parseCollection } from '../schemas.ts';
import type { Uploads } from '../uploads.ts';
import { parameter, route } from './route.ts';

async function exists(retriever: Retriever, name: string): Promise<boolean> {
  return retriever.gallery.info(name).then(
    () => true,
    (error: unknown) => {
      if (error instanceof SnapshelfError && error.code === 'collection-not-found') return false;
      throw error;
    },
  );
}

function withLinks(request: Request, info: CollectionInfo): object {
  const path = `${request.baseUrl}/v1/collections/${info.name}`;
  return { ...info, links: { items: `${path}/items`, search: `${path}/search` } };
}

/** `/v1/collections` and `/v1/collections/{collection}`. */
export function collectionRoutes(router: Router, retriever: Retriever, uploads: Uploads): void {
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
      uploads.plain,
      async (request, response) => {
        const name = parameter(request, 'collection');
        const settings = parseCollection(fieldsOf(request));
        const known = await exists(retriever, name);
        const info = await retriever.createCollection(name, settings);
        response.status(known ? 200 : 201).json(withLinks(request, info));
      },
    ],
    async delete(request, response) {
      await retriever.gallery.drop(parameter(request, 'collection'));
      response.status(204).end();
    },
  });
}

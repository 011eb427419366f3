import express, { type Router } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { CollectionInfo } from '../../gallery/index.ts';
import type { Retriever } from '../../retrieval/index.ts';
import { parseCollection } from '../schemas.ts';
import { fieldsOf } from '../uploads.ts';
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

const withLinks = (info: CollectionInfo): object => ({
  ...info,
  links: { items: `/v1/collections/${info.name}/items`, search: `/v1/collections/${info.name}/search` },
});

/** `/v1/collections` and `/v1/collections/{collection}`. */
export function collectionRoutes(router: Router, retriever: Retriever): void {
  route(router, '/v1/collections', {
    async get(_request, response) {
      response.json({ collections: (await retriever.gallery.collections()).map(withLinks) });
    },
  });
  route(router, '/v1/collections/:collection', {
    async get(request, response) {
      response.json(withLinks(await retriever.gallery.info(parameter(request, 'collection'))));
    },
    put: [
      [express.json({ limit: '10kb' })],
      async (request, response) => {
        const name = parameter(request, 'collection');
        const settings = parseCollection(fieldsOf(request));
        const known = await exists(retriever, name);
        response.status(known ? 200 : 201).json(withLinks(await retriever.createCollection(name, settings)));
      },
    ],
    async delete(request, response) {
      await retriever.gallery.drop(parameter(request, 'collection'));
      response.status(204).end();
    },
  });
}

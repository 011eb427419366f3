import type { Request } from 'express';
import type { CollectionInfo } from '../../engine/index.ts';
// Not from the room's index, which has only its public exports.
import { forgetImports } from '../../retrieval/import-together.ts';
import { findCollection, type Retriever } from '../../retrieval/index.ts';
import { problemOf } from '../http/problem.ts';
import { sendLines, wantsLines } from '../http/send-lines.ts';
import type { CollectionAnswer, CollectionEntry } from '../operations/answer-parts.ts';
import type { Context } from './context.ts';
import { parameter, route } from './route.ts';

function withLinks(request: Request, info: CollectionInfo): CollectionAnswer {
  const path = `${request.baseUrl}/v1/collections/${info.name}`;
  // What documents there are is the engine's.
  const { documents: _, ...told } = info;
  return { ...told, links: { items: `${path}/items`, search: `${path}/search` } };
}

/** Lists the collections that a request may see, by name; a damaged one has only its name and the error. */
async function listed(
  request: Request,
  { access, retriever: { gallery } }: Context,
): Promise<CollectionEntry[]> {
  const sound = await gallery.collections();
  const damaged = await gallery.damaged();
  const entries: CollectionEntry[] = [
    ...sound.map((info) => ({ status: 'ok' as const, ...withLinks(request, info) })),
    ...damaged.map(({ name, error }) => ({ name, status: 'damaged' as const, error: problemOf(error) })),
  ];
  const seen = entries.filter(({ name }) => access.sees(name, request));
  return seen.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Checks that a collection exists, damaged or not. @throws SnapshelfError `collection-not-found`. */
async function requireCollection({ gallery }: Retriever, name: string): Promise<void> {
  const damaged = await gallery.damaged();
  if (!damaged.some((one) => one.name === name)) await gallery.info(name);
}

/** Adds `/v1/collections` and `/v1/collections/{collection}`. */
export function collectionRoutes(context: Context): void {
  const { retriever, models, uploads, evaluations, jobs, once } = context;
  route(context, '/v1/collections', {
    async get(request, response) {
      const collections = await listed(request, context);
      response.vary('Accept');
      if (wantsLines(request)) await sendLines(response, [collections]);
      else response.json({ collections });
    },
  });
  route(context, '/v1/collections/:collection', {
    async get(request, response) {
      response.json(withLinks(request, await retriever.gallery.info(parameter(request, 'collection'))));
    },
    put: [
      uploads.receive.collection,
      async (request, response) => {
        const name = parameter(request, 'collection');
        const { model, ...settings } = await uploads.fields('collection', request, response);
        const known = await findCollection(retriever.gallery, name);
        const named = model === undefined ? undefined : await models.find(model);
        const info = await retriever.createCollection(name, { ...settings, model: named?.path });
        response.status(known === undefined ? 201 : 200).json(withLinks(request, info));
      },
    ],
    async delete(request, response) {
      const name = parameter(request, 'collection');
      await requireCollection(retriever, name);
      // First its evaluations: those that a crash leaves must not appear in a later collection of that name.
      const drop = (): Promise<void> => jobs.forget(name, () => retriever.gallery.drop(name));
      await (evaluations === undefined ? drop() : evaluations.removeAll(name, drop));
      await once.forget(name);
      await forgetImports(retriever.records, name);
      response.status(204).end();
    },
  });
}

import { SnapshelfError } from '../../errors.ts';
import type { ReindexProgress } from '../../retrieval/index.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import { type ReindexOptions, shownReindex } from '../jobs/reindex-job.ts';
import type { ReindexAnswer } from '../operations/collection-operations.ts';
import type { Context } from './context.ts';
import { collectionPath, parameter, route } from './route.ts';

const view = (job: JobRecord<ReindexOptions, ReindexProgress>): ReindexAnswer => ({
  state: job.state,
  ...shownReindex(job),
  ...(job.error !== undefined && { error: job.error }),
});

/** Returns the model that was asked for, or else the default one. */
async function modelOf(
  { retriever, models }: Context,
  wanted: string | undefined,
): Promise<{ readonly id: string; readonly path: string }> {
  const model = wanted === undefined ? retriever.defaultModel : await models.find(wanted);
  if (model !== undefined) return model;
  throw new SnapshelfError(
    'request-invalid',
    'The server has no default model. Name one that GET /v1/models lists in the field "model".',
  );
}

const notFound = (collection: string): SnapshelfError =>
  new SnapshelfError(
    'item-not-found',
    `The collection ${collection} has not been re-indexed since it was made, or since its server started.`,
  );

/** Adds `/v1/collections/{collection}/reindex`: start, watch and cancel the switch to another model. */
export function reindexRoutes(context: Context): void {
  const { retriever, uploads, jobs } = context;
  route(context, '/v1/collections/:collection/reindex', {
    post: [
      uploads.receive.reindex,
      async (request, response) => {
        const collection = parameter(request, 'collection');
        const { model: wanted } = await uploads.fields('reindex', request, response);
        const { path } = await modelOf(context, wanted);
        const info = await retriever.gallery.info(collection);
        const model = await retriever.keepModel(path);
        const job = await jobs.reindex.start(info, { model }, { done: 0, total: info.items });
        response
          .status(202)
          .location(`${collectionPath(request)}/reindex`)
          .json(view(job));
      },
    ],
    async get(request, response) {
      const collection = parameter(request, 'collection');
      const job = await jobs.reindex.find(await retriever.gallery.info(collection));
      if (job === undefined) throw notFound(collection);
      response.json(view(job));
    },
    async delete(request, response) {
      const collection = parameter(request, 'collection');
      const job = await jobs.reindex.cancel(await retriever.gallery.info(collection));
      if (job === undefined) throw notFound(collection);
      response.json(view(job));
    },
  });
}

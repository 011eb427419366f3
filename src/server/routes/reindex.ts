import { SnapshelfError } from '../../errors.ts';
import type { Retriever } from '../../retrieval/index.ts';
import { type Problem, problemOf, toSnapshelfError } from '../http/problem.ts';
import type { ReindexAnswer } from '../operations/collection-operations.ts';
import type { TellEnd } from '../webhooks/webhook-service.ts';
import type { Context } from './context.ts';
import { collectionPath, parameter, route } from './route.ts';

/** A re-index in the background. The end of the server interrupts it; the same request then continues it. */
interface Job {
  state: 'running' | 'done' | 'failed' | 'cancelled';
  done: number;
  total: number;
  error?: Problem;
  readonly stop: AbortController;
  end: Promise<void>;
}

const view = ({ stop: _stop, end: _end, ...job }: Job): ReindexAnswer => job;

/** @param tell tells the webhooks that it is over */
function start(
  retriever: Retriever,
  collection: string,
  model: string,
  total: number,
  tell: Promise<TellEnd<'reindex.finished'>> | undefined,
): Job {
  const job: Job = { state: 'running', done: 0, total, stop: new AbortController(), end: Promise.resolve() };
  const { signal } = job.stop;
  job.end = retriever
    .reindex(collection, model, { signal, onProgress: (progress) => Object.assign(job, progress) })
    .then(
      () => {
        job.state = 'done';
        // Where it had the model already, nothing was to be done.
        job.done = job.total;
      },
      (error: unknown) => {
        job.state = signal.aborted ? 'cancelled' : 'failed';
        if (!signal.aborted) job.error = problemOf(toSnapshelfError(error));
      },
    )
    .then(() => {
      const { state, done, error } = job;
      const data = { collection, state, done, total: job.total, ...(error && { error }) };
      // Nobody waits for it: the job is over.
      if (state !== 'running') void tell?.then((tellEnd) => tellEnd({ ...data, state }));
    });
  return job;
}

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

/** Adds `/v1/collections/{collection}/reindex`: start, watch and cancel the switch to another model. */
export function reindexRoutes(context: Context): void {
  const { retriever, uploads, webhooks } = context;
  const jobs = new Map<string, Job>();
  const jobOf = async (collection: string): Promise<Job> => {
    await retriever.gallery.info(collection);
    const job = jobs.get(collection);
    if (job !== undefined) return job;
    throw new SnapshelfError(
      'item-not-found',
      `The collection ${collection} has not been re-indexed since the server started.`,
    );
  };
  route(context, '/v1/collections/:collection/reindex', {
    post: [
      uploads.receive.reindex,
      async (request, response) => {
        const collection = parameter(request, 'collection');
        const { model: wanted } = await uploads.fields('reindex', request, response);
        const model = await modelOf(context, wanted);
        const { items } = await retriever.gallery.info(collection);
        if (jobs.get(collection)?.state === 'running')
          throw new SnapshelfError('collection-busy', `The collection ${collection} is being re-indexed.`);
        const tell = webhooks?.begin({ type: 'reindex.finished', collection, model: model.id });
        const job = start(retriever, collection, model.path, items, tell);
        jobs.set(collection, job);
        response
          .status(202)
          .location(`${collectionPath(request)}/reindex`)
          .json(view(job));
      },
    ],
    async get(request, response) {
      response.json(view(await jobOf(parameter(request, 'collection'))));
    },
    async delete(request, response) {
      const collection = parameter(request, 'collection');
      const job = await jobOf(collection);
      job.stop.abort();
      await job.end;
      // Interrupted work is kept for another try, but a client that cancels does not want one.
      if (job.state === 'cancelled') await retriever.gallery.abortReembedding(collection);
      response.json(view(job));
    },
  });
}

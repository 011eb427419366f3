import type { CollectionInfo } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import type { CalibrateOptions, CalibrationInfo, Retriever } from '../../retrieval/index.ts';
import { problemOf, toSnapshelfError } from '../http/problem.ts';
import type { CalibrationAnswer } from '../operations/collection-operations.ts';
import type { Context } from './context.ts';
import { collectionPath, parameter, route } from './route.ts';

/** A calibration in the background. The end of the server interrupts it. */
interface Job {
  readonly view: Omit<CalibrationAnswer, 'calibration'>;
  /** The creation of its collection: a later one may have its name. */
  readonly createdAt: string;
  readonly stop: AbortController;
  readonly end: Promise<void>;
}

function start(retriever: Retriever, info: CollectionInfo, options: CalibrateOptions): Job {
  const { name, createdAt, items } = info;
  const total = Math.min(items, options.maxItems ?? 10_000);
  const view: Job['view'] = { state: 'running', done: 0, total };
  const stop = new AbortController();
  const { signal } = stop;
  const onProgress = (progress: object): void => void Object.assign(view, progress);
  const end = retriever.calibrate(name, { ...options, signal, onProgress }).then(
    () => void Object.assign(view, { state: 'done' }),
    (error: unknown) => {
      view.state = signal.aborted ? 'cancelled' : 'failed';
      if (!signal.aborted) view.error = problemOf(toSnapshelfError(error));
    },
  );
  return { view, createdAt, stop, end };
}

/** Describes what is kept; undefined if there is nothing that can be read, which a new one replaces. */
const readable = (retriever: Retriever, collection: string): Promise<CalibrationInfo | undefined> =>
  retriever.calibration(collection).catch((error: unknown) => {
    if (error instanceof SnapshelfError && error.code === 'not-calibrated') return undefined;
    throw error;
  });

const notFound = (collection: string): SnapshelfError =>
  new SnapshelfError('item-not-found', `The collection ${collection} has no calibration. Start one.`);
const answerOf = (view: Job['view'] | undefined, kept: CalibrationInfo | undefined): CalibrationAnswer => ({
  ...(view ?? { state: 'done', done: kept?.pairs ?? 0, total: kept?.pairs ?? 0 }),
  ...(kept !== undefined && { calibration: kept }),
});

/** Returns the job of a collection. One of an earlier collection of the name is ended and forgotten. */
async function jobOf(jobs: Map<string, Job>, { name, createdAt }: CollectionInfo): Promise<Job | undefined> {
  const job = jobs.get(name);
  if (job === undefined || job.createdAt === createdAt) return job;
  job.stop.abort();
  await job.end;
  if (jobs.get(name) === job) jobs.delete(name);
  return jobs.get(name);
}

/** Adds `/v1/collections/{collection}/calibration`: start, watch and cancel one, and read or remove what it has found. */
export function calibrationRoutes(context: Context): void {
  const { retriever, uploads } = context;
  const jobs = new Map<string, Job>();
  route(context, '/v1/collections/:collection/calibration', {
    post: [
      uploads.receive.calibration,
      async (request, response) => {
        const collection = parameter(request, 'collection');
        const options = await uploads.fields('calibration', request, response);
        const kept = await readable(retriever, collection);
        const info = await retriever.gallery.info(collection);
        await jobOf(jobs, info); // Another request may start one meanwhile.
        if (jobs.get(collection)?.view.state === 'running')
          throw new SnapshelfError('collection-busy', `The collection ${collection} is being calibrated.`);
        const job = start(retriever, info, options);
        jobs.set(collection, job);
        response
          .status(202)
          .location(`${collectionPath(request)}/calibration`)
          .json(answerOf(job.view, kept));
      },
    ],
    async get(request, response) {
      const collection = parameter(request, 'collection');
      const job = await jobOf(jobs, await retriever.gallery.info(collection));
      const kept = await (job === undefined
        ? retriever.calibration(collection)
        : readable(retriever, collection));
      if (kept === undefined && job === undefined) throw notFound(collection);
      response.json(answerOf(job?.view, kept));
    },
    async delete(request, response) {
      const collection = parameter(request, 'collection');
      const info = await retriever.gallery.info(collection);
      const job = await jobOf(jobs, info);
      if (info.documents?.['calibration'] === undefined && job === undefined) throw notFound(collection);
      job?.stop.abort();
      await job?.end;
      jobs.delete(collection);
      // One that was cancelled leaves what there was before.
      if (job?.view.state !== 'cancelled') await retriever.forgetCalibration(collection);
      response.status(204).end();
    },
  });
}

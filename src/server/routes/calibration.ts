import { SnapshelfError } from '../../errors.ts';
import type { CalibrateOptions, CalibrationInfo, Retriever } from '../../retrieval/index.ts';
import { problemOf, toSnapshelfError } from '../http/problem.ts';
import type { CalibrationAnswer } from '../operations/collection-operations.ts';
import type { Context } from './context.ts';
import { collectionPath, parameter, route } from './route.ts';

/** A calibration in the background. The end of the server interrupts it. */
interface Job {
  readonly view: Omit<CalibrationAnswer, 'calibration'>;
  readonly stop: AbortController;
  readonly end: Promise<void>;
}

function start(retriever: Retriever, collection: string, total: number, options: CalibrateOptions): Job {
  const view: Job['view'] = { state: 'running', done: 0, total };
  const stop = new AbortController();
  const { signal } = stop;
  const onProgress = (progress: object): void => void Object.assign(view, progress);
  const end = retriever.calibrate(collection, { ...options, signal, onProgress }).then(
    () => void Object.assign(view, { state: 'done' }),
    (error: unknown) => {
      view.state = signal.aborted ? 'cancelled' : 'failed';
      if (!signal.aborted) view.error = problemOf(toSnapshelfError(error));
    },
  );
  return { view, stop, end };
}

const notFound = (collection: string): SnapshelfError =>
  new SnapshelfError('item-not-found', `The collection ${collection} has no calibration. Start one.`);
const answerOf = (view: Job['view'] | undefined, kept: CalibrationInfo | undefined): CalibrationAnswer => ({
  ...(view ?? { state: 'done', done: kept?.pairs ?? 0, total: kept?.pairs ?? 0 }),
  ...(kept !== undefined && { calibration: kept }),
});

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
        const kept = await retriever.calibration(collection);
        const { items } = await retriever.gallery.info(collection);
        if (jobs.get(collection)?.view.state === 'running')
          throw new SnapshelfError('collection-busy', `The collection ${collection} is being calibrated.`);
        const job = start(retriever, collection, Math.min(items, options.maxItems ?? 10_000), options);
        jobs.set(collection, job);
        response
          .status(202)
          .location(`${collectionPath(request)}/calibration`)
          .json(answerOf(job.view, kept));
      },
    ],
    async get(request, response) {
      const collection = parameter(request, 'collection');
      const kept = await retriever.calibration(collection);
      const job = jobs.get(collection);
      if (kept === undefined && job === undefined) throw notFound(collection);
      response.json(answerOf(job?.view, kept));
    },
    async delete(request, response) {
      const collection = parameter(request, 'collection');
      const kept = await retriever.calibration(collection);
      const job = jobs.get(collection);
      if (kept === undefined && job === undefined) throw notFound(collection);
      job?.stop.abort();
      await job?.end;
      jobs.delete(collection);
      // One that was cancelled leaves what there was before.
      if (job?.view.state !== 'cancelled') await retriever.forgetCalibration(collection);
      response.status(204).end();
    },
  });
}

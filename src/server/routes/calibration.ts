import { SnapshelfError } from '../../errors.ts';
import type { CalibrationInfo, CalibrationProgress, Retriever } from '../../retrieval/index.ts';
import { scopeOf } from '../http/request-scope.ts';
import type { CalibrationOptions } from '../jobs/calibration-job.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { CalibrationAnswer } from '../operations/calibration-operations.ts';
import { sendPage } from '../reports/report-pages.ts';
import type { Context } from './context.ts';
import { collectionPath, parameter, route } from './route.ts';

type Job = JobRecord<CalibrationOptions, CalibrationProgress>;

/** Describes what is kept; undefined if there is nothing that can be read, which a new one replaces. */
const readable = (retriever: Retriever, collection: string): Promise<CalibrationInfo | undefined> =>
  retriever.calibration(collection).catch((error: unknown) => {
    if (error instanceof SnapshelfError && error.code === 'not-calibrated') return undefined;
    throw error;
  });

const notFound = (collection: string): SnapshelfError =>
  new SnapshelfError('item-not-found', `The collection ${collection} has no calibration. Start one.`);

function answerOf(job: Job | undefined, kept: CalibrationInfo | undefined): CalibrationAnswer {
  const { done, total } = job?.numbers ?? { done: kept?.pairs ?? 0, total: kept?.pairs ?? 0 };
  const state = job?.state ?? 'done';
  return { state, done, total, ...(job?.error && { error: job.error }), ...(kept && { calibration: kept }) };
}

const path = '/v1/collections/:collection/calibration';

/** Sends the report of what is kept, as JSON or as a page. */
function reportRoute(context: Context): void {
  const { retriever, pages } = context;
  route(context, `${path}/report`, {
    async get(request, response) {
      const collection = parameter(request, 'collection');
      const report = await retriever.calibrationReport(collection);
      if (report === undefined) throw notFound(collection);
      response.vary('Accept');
      if (request.accepts(['json', 'html']) === 'html')
        sendPage(response, await pages.ofCalibration(report, scopeOf(response).signal));
      else response.json(report);
    },
  });
}

/** Adds `/v1/collections/{collection}/calibration`: start, watch and cancel one, read or remove what it has found, and its report. */
export function calibrationRoutes(context: Context): void {
  const { retriever, uploads, jobs } = context;
  route(context, path, {
    post: [
      uploads.receive.calibration,
      async (request, response) => {
        const collection = parameter(request, 'collection');
        const options = await uploads.fields('calibration', request, response);
        const kept = await readable(retriever, collection);
        const info = await retriever.gallery.info(collection);
        const total = Math.min(info.items, options.maxItems ?? 10_000);
        const job = await jobs.calibration.start(info, options, { done: 0, total });
        response
          .status(202)
          .location(`${collectionPath(request)}/calibration`)
          .json(answerOf(job, kept));
      },
    ],
    async get(request, response) {
      const collection = parameter(request, 'collection');
      const job = await jobs.calibration.find(await retriever.gallery.info(collection));
      const kept = await (job === undefined
        ? retriever.calibration(collection)
        : readable(retriever, collection));
      if (kept === undefined && job === undefined) throw notFound(collection);
      response.json(answerOf(job, kept));
    },
    async delete(request, response) {
      const collection = parameter(request, 'collection');
      const info = await retriever.gallery.info(collection);
      const job = await jobs.calibration.cancel(info);
      if (info.documents?.['calibration'] === undefined && job === undefined) throw notFound(collection);
      await jobs.calibration.forget(collection);
      // One that was cancelled leaves what there was before.
      if (job?.state !== 'cancelled') await retriever.forgetCalibration(collection);
      response.status(204).end();
    },
  });
  reportRoute(context);
}

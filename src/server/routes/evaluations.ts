import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { Gallery } from '../../gallery/index.ts';
import type { Retriever } from '../../retrieval/index.ts';
import type { GuardedRouter } from '../access/access.ts';
import type { EvaluationSummary } from '../evaluations/evaluation-job.ts';
import type { Evaluations } from '../evaluations/evaluation-jobs.ts';
import { ReportPages } from '../evaluations/report-pages.ts';
import { scopeOf } from '../http/request-scope.ts';
import type { Uploads } from '../uploads/uploads.ts';
import { collectionPath, parameter, route } from './route.ts';

function withLinks(request: Request, job: EvaluationSummary): object {
  const self = `${collectionPath(request)}/evaluations/${job.id}`;
  return { ...job, links: { self, ...(job.state === 'done' && { report: `${self}/report` }) } };
}

/** @throws SnapshelfError `item-not-found` for the first id without an item */
async function requireItems(
  gallery: Gallery,
  collection: string,
  lists: readonly Uint8Array[],
): Promise<void> {
  for (const list of lists) {
    const ids = JSON.parse(Buffer.from(list).toString()) as string[];
    const missing = await gallery.firstMissing(collection, ids);
    if (missing !== undefined)
      throw new SnapshelfError('item-not-found', `The collection ${collection} has no item ${missing}.`);
  }
}

/** Streams a report, which may be large, from the disk. */
async function sendReport(response: Response, path: string): Promise<void> {
  const file = await open(path).catch((cause: unknown) => {
    throw new SnapshelfError('item-not-found', 'The report of this evaluation is gone.', { cause });
  });
  try {
    response.type('json').set('Content-Length', String((await file.stat()).size));
    if (response.req.method === 'HEAD') response.end();
    else await pipeline(file.createReadStream({ autoClose: false }), response);
  } finally {
    await file.close();
  }
}

function sendPage(response: Response, page: Uint8Array): void {
  response
    .setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    .type('html')
    .send(Buffer.from(page.buffer, page.byteOffset, page.byteLength));
}

/** The parts of the application that the routes need. */
interface Dependencies {
  readonly gallery: Gallery;
  readonly evaluations: Evaluations;
  readonly uploads: Uploads;
}

const path = '/v1/collections/:collection/evaluations';

/** Returns the collection of a request, which must exist. */
async function collectionOf(request: Request, gallery: Gallery): Promise<string> {
  const name = parameter(request, 'collection');
  await gallery.info(name);
  return name;
}

/** Starts an evaluation. Filters and manifest are checked now, not when nobody looks. */
async function start(
  { gallery, evaluations, uploads }: Dependencies,
  request: Request,
  response: Response,
): Promise<void> {
  const removals = evaluations.removalsOf(parameter(request, 'collection'));
  const collection = await collectionOf(request, gallery);
  const { request: asked, manifest } = await uploads.fields('evaluation', request, response);
  for (const filter of [asked.query, asked.gallery])
    if (filter !== undefined) await gallery.list(collection, { limit: 1, filter });
  await requireItems(gallery, collection, manifest?.ids ?? []);
  const job = await evaluations.start(collection, asked, manifest, removals);
  response
    .status(202)
    .location(`${collectionPath(request)}/evaluations/${job.id}`)
    .json(withLinks(request, job));
}

function listRoute(router: GuardedRouter, dependencies: Dependencies): void {
  const { gallery, evaluations, uploads } = dependencies;
  route(router, path, {
    async get(request, response) {
      const jobs = evaluations.list(await collectionOf(request, gallery));
      response.json({ evaluations: jobs.map((job) => withLinks(request, job)) });
    },
    post: [uploads.receive.evaluation, (request, response) => start(dependencies, request, response)],
  });
}

function jobRoute(router: GuardedRouter, { gallery, evaluations }: Dependencies): void {
  route(router, `${path}/:evaluation`, {
    async get(request, response) {
      const collection = await collectionOf(request, gallery);
      const id = parameter(request, 'evaluation');
      const asked = await evaluations.requestOf(collection, id);
      const job = evaluations.get(collection, id);
      response.json(withLinks(request, { ...job, request: { ...asked, ...job.request } }));
    },
    async delete(request, response) {
      const collection = await collectionOf(request, gallery);
      const left = await evaluations.cancel(collection, parameter(request, 'evaluation'));
      if (left === undefined) response.status(204).end();
      else response.json(withLinks(request, left));
    },
  });
}

function reportRoute(router: GuardedRouter, { gallery, evaluations }: Dependencies): void {
  const pages = new ReportPages();
  route(router, `${path}/:evaluation/report`, {
    async get(request, response) {
      const collection = await collectionOf(request, gallery);
      const report = evaluations.reportOf(collection, parameter(request, 'evaluation'));
      if (request.accepts(['json', 'html']) === 'html')
        sendPage(response, await pages.page(gallery, collection, report, scopeOf(response).signal));
      else await sendReport(response, report);
    },
  });
}

/** Adds `/v1/collections/{collection}/evaluations`: recall of a live collection, in the background. */
export function evaluationRoutes(
  router: GuardedRouter,
  { gallery }: Retriever,
  evaluations: Evaluations,
  uploads: Uploads,
): void {
  const dependencies = { gallery, evaluations, uploads };
  listRoute(router, dependencies);
  jobRoute(router, dependencies);
  reportRoute(router, dependencies);
}

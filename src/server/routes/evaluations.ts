import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { Engine } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { type HeldModels, storeModel } from '../../retrieval/index.ts';
import type { EvaluationSummary } from '../evaluations/evaluation-job.ts';
import type { Evaluations } from '../evaluations/evaluation-jobs.ts';
import { scopeOf } from '../http/request-scope.ts';
import { sendLines, wantsLines } from '../http/send-lines.ts';
import type { JobLinks } from '../operations/evaluation-operations.ts';
import { sendPage } from '../reports/report-pages.ts';
import type { Context } from './context.ts';
import { collectionPath, type Handler, parameter, route } from './route.ts';

function withLinks<T extends EvaluationSummary>(request: Request, job: T): T & { readonly links: JobLinks } {
  const self = `${collectionPath(request)}/evaluations/${job.id}`;
  return { ...job, links: { self, ...(job.state === 'done' && { report: `${self}/report` }) } };
}

/** @throws SnapshelfError `item-not-found` for the first id without an item */
async function requireItems(
  gallery: Engine,
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
async function sendReport(response: Response, path: string, id: string): Promise<void> {
  await using file = await open(path).catch((cause: unknown) => {
    throw new SnapshelfError('item-not-found', 'The report of this evaluation is gone.', { cause });
  });
  // A report never changes.
  response.type('json').set('ETag', `"${id}"`);
  if (response.req.fresh) return void response.status(304).end();
  response.set('Content-Length', String((await file.stat()).size));
  if (response.req.method === 'HEAD') response.end();
  else await pipeline(file.createReadStream({ autoClose: false }), response);
}

/** Returns the collection of a request, which must exist, once it is known what other servers have done. */
async function collectionOf(request: Request, gallery: Engine, evaluations?: Evaluations): Promise<string> {
  const name = parameter(request, 'collection');
  await gallery.info(name);
  await evaluations?.refresh();
  return name;
}

/** Returns the identity of a model that the server holds, and keeps it in the data folder for a later start. */
const keepModel = async (data: string, models: HeldModels, name: string): Promise<string> =>
  (await storeModel(data, (await models.find(name)).path)).id;

/** Starts an evaluation. Filters and manifest are checked now, not when nobody looks. */
const start =
  (
    { retriever: { data, gallery }, models, uploads }: Context,
    evaluations: Evaluations,
  ): Handler<'/v1/collections/:collection/evaluations', 'post'> =>
  async (request, response) => {
    const removals = evaluations.removalsOf(parameter(request, 'collection'));
    const collection = await collectionOf(request, gallery);
    const { request: asked, manifest } = await uploads.fields('evaluation', request, response);
    for (const filter of [asked.query, asked.gallery, asked.filter])
      if (filter !== undefined) await gallery.list(collection, { limit: 1, filter });
    await requireItems(gallery, collection, manifest?.ids ?? []);
    const reference =
      asked.reference === undefined ? undefined : await keepModel(data, models, asked.reference);
    const job = await evaluations.start(collection, { ...asked, reference }, manifest, removals);
    response
      .status(202)
      .location(`${collectionPath(request)}/evaluations/${job.id}`)
      .json({
        ...withLinks(request, job),
        ...((manifest?.notes.length ?? 0) > 0 && { notes: manifest?.notes }),
      });
  };

/** Adds `/v1/collections/{collection}/evaluations`: recall of a live collection, in the background. */
export function evaluationRoutes(context: Context, evaluations: Evaluations): void {
  const { gallery } = context.retriever;
  const path = '/v1/collections/:collection/evaluations';
  route(context, path, {
    async get(request, response) {
      const jobs = evaluations.list(await collectionOf(request, gallery, evaluations));
      const listed = jobs.map((job) => withLinks(request, job));
      response.vary('Accept');
      if (wantsLines(request)) await sendLines(response, [listed]);
      else response.json({ evaluations: listed });
    },
    post: [context.uploads.receive.evaluation, start(context, evaluations)],
  });
  route(context, `${path}/:evaluation`, {
    async get(request, response) {
      const collection = await collectionOf(request, gallery, evaluations);
      const id = parameter(request, 'evaluation');
      const asked = await evaluations.requestOf(collection, id);
      const job = evaluations.get(collection, id);
      response.json(withLinks(request, { ...job, request: { ...asked, ...job.request } }));
    },
    async delete(request, response) {
      const collection = await collectionOf(request, gallery, evaluations);
      const left = await evaluations.cancel(collection, parameter(request, 'evaluation'));
      if (left === undefined) response.status(204).end();
      else response.json(withLinks(request, left));
    },
  });
  route(context, `${path}/:evaluation/report`, {
    async get(request, response) {
      const collection = await collectionOf(request, gallery, evaluations);
      const id = parameter(request, 'evaluation');
      await evaluations.bringReport(id);
      const report = evaluations.reportOf(collection, id);
      if (request.accepts(['json', 'html']) === 'html')
        sendPage(
          response,
          await context.pages.ofEvaluation(gallery, collection, report, scopeOf(response).signal),
        );
      else await sendReport(response, report, id);
    },
  });
}

/** Has a request for an evaluation answered as every other change of a folder that is only read. */
export function refuseEvaluations({ router, access }: Context): void {
  const path = '/v1/collections/:collection/evaluations';
  router.post(path, access.guard(path, 'post', 'admin'));
}

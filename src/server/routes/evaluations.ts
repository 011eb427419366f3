import { readFile } from 'node:fs/promises';
import type { Request, Response } from 'express';
import { SnapshelfError } from '../../errors.ts';
import { type Evaluation, type ManifestEntry, parseEvaluation } from '../../eval/index.ts';
import type { Gallery } from '../../gallery/index.ts';
import type { Retriever } from '../../retrieval/index.ts';
import type { GuardedRouter } from '../access.ts';
import type { Evaluations } from '../evaluations/evaluations.ts';
import type { EvaluationJob } from '../evaluations/store.ts';
import { fieldsOf } from '../fields.ts';
import { parseEvaluationRequest } from '../schemas.ts';
import type { Uploads } from '../uploads.ts';
import { collectionPath, parameter, route } from './route.ts';

function withLinks(request: Request, job: EvaluationJob): object {
  const self = `${collectionPath(request)}/evaluations/${job.id}`;
  // A manifest may have many thousand entries: their number is enough.
  const { manifest, ...asked } = job.request;
  const shown = manifest === undefined ? asked : { ...asked, manifestEntries: manifest.length };
  return {
    ...job,
    request: shown,
    links: { self, ...(job.state === 'done' && { report: `${self}/report` }) },
  };
}

/** The thumbnails of the items that a report shows, as data URIs. */
async function thumbnailsOf(gallery: Gallery, collection: string, { results }: Evaluation) {
  const examples = results[0]?.examples ?? [];
  const ids = new Set(examples.flatMap(({ id, neighbours }) => [id, ...neighbours.map((item) => item.id)]));
  const pictures = new Map<string, string>();
  for (const id of ids) {
    // An item that was deleted since is shown without its picture.
    const picture = await gallery.thumbnail(collection, id).catch(() => undefined);
    if (picture !== undefined)
      pictures.set(id, `data:${picture.mediaType};base64,${Buffer.from(picture.bytes).toString('base64')}`);
  }
  const of = (id: string): string | undefined => pictures.get(id);
  return { query: of, gallery: of };
}

/** Throws `item-not-found` for the first entry without an item. */
async function requireItems(
  gallery: Gallery,
  collection: string,
  entries: readonly ManifestEntry[],
): Promise<void> {
  const known = await gallery.hashes(
    collection,
    entries.map(({ id }) => id),
  );
  const missing = entries.find(({ id }) => !known.has(id));
  if (missing !== undefined)
    throw new SnapshelfError('item-not-found', `collection ${collection} has no item ${missing.id}`);
}

async function sendPage(response: Response, gallery: Gallery, collection: string, evaluation: Evaluation) {
  // Loaded when somebody looks: what draws the plots is large.
  const { evaluationPage } = await import('../../report/index.ts');
  const page = await evaluationPage(evaluation, await thumbnailsOf(gallery, collection, evaluation));
  response
    .setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    .type('html')
    .send(page);
}

/** `/v1/collections/{collection}/evaluations`: recall of a live collection, in the background. */
export function evaluationRoutes(
  router: GuardedRouter,
  { gallery }: Retriever,
  evaluations: Evaluations,
  uploads: Uploads,
): void {
  /** The collection of a request, which must exist. */
  const collectionOf = async (request: Request): Promise<string> => {
    const name = parameter(request, 'collection');
    await gallery.info(name);
    return name;
  };
  const path = '/v1/collections/:collection/evaluations';
  route(router, path, {
    async get(request, response) {
      const jobs = evaluations.list(await collectionOf(request));
      response.json({ evaluations: jobs.map((job) => withLinks(request, job)) });
    },
    post: [
      uploads.listing,
      async (request, response) => {
        const collection = await collectionOf(request);
        const asked = parseEvaluationRequest(fieldsOf(request));
        // What a filter or a manifest asks for is checked now, not when nobody looks.
        for (const filter of [asked.query, asked.gallery])
          if (filter !== undefined) await gallery.list(collection, { limit: 1, filter });
        if (asked.manifest !== undefined && (asked.query ?? asked.gallery) !== undefined)
          throw new SnapshelfError('request-invalid', 'give either a manifest or filters, not both');
        await requireItems(gallery, collection, asked.manifest ?? []);
        const job = await evaluations.start(collection, asked);
        const view = withLinks(request, job);
        response
          .status(202)
          .location(`${collectionPath(request)}/evaluations/${job.id}`)
          .json(view);
      },
    ],
  });
  route(router, `${path}/:evaluation`, {
    async get(request, response) {
      const job = evaluations.get(await collectionOf(request), parameter(request, 'evaluation'));
      response.json(withLinks(request, job));
    },
    async delete(request, response) {
      const left = await evaluations.cancel(await collectionOf(request), parameter(request, 'evaluation'));
      if (left === undefined) response.status(204).end();
      else response.json(withLinks(request, left));
    },
  });
  route(router, `${path}/:evaluation/report`, {
    async get(request, response) {
      const collection = await collectionOf(request);
      const report = evaluations.reportOf(collection, parameter(request, 'evaluation'));
      const text = await readFile(report, 'utf8').catch((cause: unknown) => {
        throw new SnapshelfError('item-not-found', 'the report of this evaluation is gone', { cause });
      });
      if (request.accepts(['json', 'html']) === 'html')
        await sendPage(response, gallery, collection, parseEvaluation(text, report));
      else response.type('json').send(text);
    },
  });
}

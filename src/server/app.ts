import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkWhole } from '../arguments.ts';
import { type Logger, silentLogger } from '../log.ts';
import { PictureFetcher } from '../remote/index.ts';
import { HeldModels, type Retriever } from '../retrieval/index.ts';
import { Access } from './access/access.ts';
import type { AuditLog } from './access/audit-log.ts';
import { Callers } from './access/callers.ts';
import type { Level } from './access/level.ts';
import { Origins } from './access/origins.ts';
import { RateLimiter } from './access/rate-limits.ts';
import { type RateLimits, rateLimitsOf } from './access/rates.ts';
import type { Evaluations } from './evaluations/evaluation-jobs.ts';
import { createBaseApp, defaultRequestTimeoutMs } from './http/base-app.ts';
import { createMetrics } from './http/metrics.ts';
import type { Readiness } from './http/readiness.ts';
import { RecentProblems } from './http/recent-problems.ts';
import { AnswerStore } from './idempotency/answer-store.ts';
import { Once } from './idempotency/once.ts';
import { openJobs } from './jobs/collection-jobs.ts';
import { tellLeft } from './jobs/tell-left.ts';
import type { Keys } from './keys/keys.ts';
import { addPage } from './page/send-page.ts';
import { type Limits, limitsOf } from './parsing/limits.ts';
import { ReportPages } from './reports/report-pages.ts';
import { backupRoutes } from './routes/backup.ts';
import { calibrationRoutes } from './routes/calibration.ts';
import { duplicatesRoutes } from './routes/collection-duplicates.ts';
import { collectionRoutes } from './routes/collections.ts';
import type { Context } from './routes/context.ts';
import { documentationRoutes } from './routes/documentation.ts';
import { evaluationRoutes, refuseEvaluations } from './routes/evaluations.ts';
import { healthRoutes } from './routes/health.ts';
import { pictureRoutes } from './routes/item-pictures.ts';
import { itemRoutes } from './routes/items.ts';
import { modelRoutes } from './routes/models.ts';
import { problemRoutes } from './routes/problems.ts';
import { reindexRoutes } from './routes/reindex.ts';
import { searchRoutes } from './routes/search.ts';
import { importRoutes, refuseWebhooks, webhookRoutes } from './routes/webhooks.ts';
import { createUploads } from './uploads/uploads.ts';
import type { Webhooks } from './webhooks/webhook-service.ts';

/** Options of an application. */
export interface AppOptions {
  /** The open data folder. */
  readonly retriever: Retriever;
  /**
   * The part of the API that is open: `search` (search, and see the pictures of items), `read` (also list collections and
   * items, embed, and read metrics), `write` (also put and delete items), `admin` (also create and delete collections, re-index,
   * evaluate and back up). Other requests are answered 403 `forbidden`. With `keys`, no key opens more. Default `search`.
   */
  readonly allow?: Level | undefined;
  /**
   * The keys that requests have to bring, in `X-Api-Key` or as `Authorization: Bearer`, once there are any. Without a valid one
   * they are answered 401 `unauthorized`, except `/` and `/health/`. The caller closes them. Default: nobody is asked.
   */
  readonly keys?: Keys | undefined;
  /** @internal Tells who sends a request. Default: by `keys`. */
  readonly callers?: Callers | undefined;
  /**
   * Exact origins (`https://shop.example`) whose pages may use the API from a browser, within `allow`, and show its
   * pictures. Pages of origins that are neither listed nor the application's own cannot change anything (403
   * `origin-not-allowed`) or read answers. `*` and `null` are not accepted. Default: none.
   */
  readonly corsOrigins?: readonly string[] | undefined;
  /**
   * Hosts from which pictures of items may be fetched by their address, such as `pictures.example`, or `*.pictures.example` for all names
   * below it. Their addresses must be public. Default: none, so that nothing is fetched.
   */
  readonly allowUrls?: readonly string[] | undefined;
  /** @internal Fetches pictures. Default: by `allowUrls`. */
  readonly fetcher?: Pick<PictureFetcher, 'fetch'> | undefined;
  /** Evaluations of the retriever's collections. Default: their routes do not exist. */
  readonly evaluations?: Evaluations | undefined;
  /** Webhooks of the retriever's data folder. The caller closes them, before the retriever. Default: their routes do not exist. */
  readonly webhooks?: Webhooks | undefined;
  /** Default: silent. */
  readonly log?: Logger | undefined;
  /** Limits of the requests of a client; see `Limits` for the defaults. */
  readonly limits?: Partial<Limits> | undefined;
  /** Units that each client may spend per minute; see `RateLimits` for the defaults. Default: there is no such limit. */
  readonly rateLimits?: Partial<RateLimits> | undefined;
  /**
   * Number of proxies before the application whose `X-Forwarded-For` is believed, 0 to 100. The address of a client, by which it is
   * limited and noted, is the one that the outermost of them saw. Default: as the application around this one has it, else 0.
   */
  readonly trustProxy?: number | undefined;
  /** The log of changes. The caller closes it. Default: there is none. */
  readonly audit?: AuditLog | undefined;
  /** Milliseconds that a request may take before its work is aborted and it is answered 503. Default 30,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Milliseconds that a client may take nothing of an answer before its connection is closed. Default 30,000. */
  readonly writeTimeoutMs?: number | undefined;
  /**
   * Milliseconds of silence after which another server of an engine goes on with a job, 100 or more. A killed server's jobs are taken up
   * after this and a quarter. Default 20,000.
   */
  readonly jobLeaseMs?: number | undefined;
  /** Returns the answer of `/health/ready`. Default: always ready. */
  readonly readiness?: (() => Readiness) | undefined;
}

/** An Express application, described without the types of Express, which a user may not have installed. */
export interface App {
  /** Answers a request; a listener of `http.createServer` and a handler of Express. */
  (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void;
  /** Sets a setting of Express, such as `trust proxy`. Returns the application. */
  set(name: string, value: unknown): this;
}

/** The routes of every application. */
const allRoutes: readonly ((context: Context) => void)[] = [
  // First, because most requests are searches.
  searchRoutes,
  healthRoutes,
  documentationRoutes,
  modelRoutes,
  problemRoutes,
  backupRoutes,
  collectionRoutes,
  itemRoutes,
  pictureRoutes,
  duplicatesRoutes,
  reindexRoutes,
  calibrationRoutes,
  importRoutes,
];

function addAllRoutes(context: Context): void {
  const { evaluations, webhooks, retriever } = context;
  for (const addRoutes of allRoutes) addRoutes(context);
  if (evaluations !== undefined) evaluationRoutes(context, evaluations);
  else if (retriever.readOnly) refuseEvaluations(context);
  if (webhooks !== undefined) webhookRoutes(context, webhooks);
  else if (retriever.readOnly) refuseWebhooks(context);
}

/** Does what an earlier process left undone. */
function catchUp({ retriever, evaluations, webhooks }: AppOptions, answers: AnswerStore, log: Logger): void {
  // What it kept too long is removed now.
  if (!retriever.readOnly) void answers.sweep();
  // Where there are other servers, they go on with it.
  if (webhooks !== undefined && !webhooks.areShared) void tellLeft(webhooks, { retriever, evaluations }, log);
}

/**
 * Creates the HTTP API as an Express application without a port, to be mounted in another application. It only allows
 * searches unless `allow` says otherwise. It does not check the Host header; who may reach it the application around it
 * decides, or `keys`. Mounted with `app.use` it shares the `trust proxy` of that application; inside a `Router` it
 * needs its own: `.set('trust proxy', ...)`. The caller closes the retriever and the evaluations.
 * @throws TypeError for an unknown level or an entry that is not an exact origin.
 * @throws RangeError for a limit that is not a whole number of 1 or more.
 * @example
 * ```ts
 * import express from 'express';
 * import { Retriever } from 'snapshelf';
 * import { createApp } from 'snapshelf/server';
 *
 * const retriever = await Retriever.open('data', { readOnly: true });
 * const shop = express();
 * shop.use('/snapshelf', createApp({ retriever, allow: 'search' }));
 * shop.listen(8080);
 * ```
 */
export function createApp(options: AppOptions): App {
  const { writeTimeoutMs = defaultRequestTimeoutMs } = options;
  const { retriever, log = silentLogger, limits, readiness = () => ({ ready: true }) } = options;
  const { requestTimeoutMs = defaultRequestTimeoutMs, evaluations, webhooks, allow, keys } = options;
  const { callers = new Callers(keys), rateLimits, audit, trustProxy } = options;
  checkWhole('jobLeaseMs', options.jobLeaseMs ?? 100, { from: 100, to: 3_600_000 });
  checkWhole('trustProxy', trustProxy ?? 0, { from: 0, to: 100 });
  const origins = new Origins(options.corsOrigins);
  const fetcher = options.fetcher ?? fetcherOf(options.allowUrls);
  const access = new Access({ allow, readOnly: retriever.readOnly, origins, callers, audit });
  const limiter = rateLimits && new RateLimiter(rateLimitsOf(rateLimits), callers);
  const allLimits = limitsOf(limits);
  const uploads = createUploads(allLimits, callers, limiter);
  const metrics = createMetrics(retriever, audit);
  const recent = new RecentProblems();
  return createBaseApp({ log, requestTimeoutMs, writeTimeoutMs, recent }, (app, problems) => {
    const answers = new AnswerStore(retriever.records, { log });
    catchUp(options, answers, log);
    const shared = {
      access,
      problems,
      retriever,
      models: new HeldModels(retriever),
      uploads,
      origins,
      metrics,
      recent,
      readiness,
      limits: allLimits,
      once: new Once(answers, callers),
      fetcher,
      evaluations,
      webhooks,
      pages: new ReportPages(),
      jobs: openJobs(retriever, { webhooks, log, leaseMs: options.jobLeaseMs }),
    };
    const context = { router: app, ...shared };
    if (trustProxy !== undefined) app.set('trust proxy', trustProxy);
    app.use(awaitKey(callers));
    app.use(metrics.measure, origins.share());
    addPage(app);
    if (limiter !== undefined) app.use(limiter.admit());
    addAllRoutes(context);
  });
}

/** Has a request with a key that is not known here wait until it is known whether another server has just made it. */
const awaitKey =
  (callers: Callers) =>
  (request: IncomingMessage, _response: ServerResponse, next: (error?: unknown) => void): void => {
    const known = callers.awaitKey(request);
    if (known === undefined) next();
    else known.then(() => next(), next);
  };

const fetcherOf = (hosts: readonly string[] = []): PictureFetcher | undefined =>
  hosts.length === 0 ? undefined : new PictureFetcher({ hosts });

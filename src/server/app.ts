import type { Express } from 'express';
import { type Logger, silentLogger } from '../log.ts';
import type { Retriever } from '../retrieval/index.ts';
import { Access, type Level } from './access/access.ts';
import { Origins } from './access/origins.ts';
import type { Evaluations } from './evaluations/evaluation-jobs.ts';
import { createBaseApp } from './http/base-app.ts';
import { createMetrics } from './http/metrics.ts';
import { type Limits, limitsOf } from './parsing/limits.ts';
import { collectionRoutes } from './routes/collections.ts';
import { evaluationRoutes } from './routes/evaluations.ts';
import { healthRoutes, type Readiness } from './routes/health.ts';
import { itemRoutes } from './routes/items.ts';
import { reindexRoutes } from './routes/reindex.ts';
import { searchRoutes } from './routes/search.ts';
import { createUploads } from './uploads/uploads.ts';

export interface AppOptions {
  readonly retriever: Retriever;
  /**
   * What those who reach the application may do: `search` (search, and see the pictures of items), `read` (also list
   * collections and items, embed), `write` (also put and delete items), `admin` (also make and delete collections,
   * re-index, evaluate, read metrics). What is not allowed is answered 403 `forbidden`. Default `search`.
   */
  readonly allow?: Level | undefined;
  /**
   * Exact origins (`https://shop.example`) whose pages may use the API from a browser, within `allow`, and show its
   * pictures. Pages of other origins but the application's own change nothing (403 `origin-not-allowed`) and read
   * nothing. Default: none. A TypeError for what is no origin, `*` and `null` included.
   */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Evaluations of the retriever's collections. Default: their routes are not there. */
  readonly evaluations?: Evaluations | undefined;
  /** Default: nothing is logged. */
  readonly log?: Logger | undefined;
  /** How much a client may send; see `Limits` for the defaults. */
  readonly limits?: Partial<Limits> | undefined;
  /** Milliseconds that a request may take before its work is given up and it is answered 503. Default 30,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** What `/health/ready` answers. Default: always ready. */
  readonly readiness?: (() => Readiness) | undefined;
}

/** Default of `requestTimeoutMs`. */
export const defaultRequestTimeoutMs = 30_000;

/**
 * The HTTP API as an Express application, without a port: for a server of its own, or to be mounted in another one
 * with `app.use('/snapshelf', createApp({ retriever }))`, where it allows searching and nothing else unless `allow` says
 * so. It does not check the Host header and has no users: who may reach it is for what it is mounted in. Mounted with
 * `app.use` it shares the `trust proxy` of the application around it; inside a `Router` it needs its own: `.set('trust
 * proxy', ...)`. The retriever and the evaluations stay the caller's to close.
 */
export function createApp(options: AppOptions): Express {
  const { retriever, log = silentLogger, limits, readiness = () => ({ ready: true }) } = options;
  const { requestTimeoutMs = defaultRequestTimeoutMs, evaluations, allow, corsOrigins } = options;
  const origins = new Origins(corsOrigins);
  const access = new Access({ allow, readOnly: retriever.readOnly, origins });
  const uploads = createUploads(limitsOf(limits));
  const metrics = createMetrics(retriever);
  return createBaseApp({ log, requestTimeoutMs }, (app) => {
    const router = { router: app, access };
    app.use(metrics.measure, origins.share());
    healthRoutes(router, retriever, metrics, readiness);
    collectionRoutes(router, retriever, uploads, evaluations);
    itemRoutes(router, retriever, uploads, origins);
    searchRoutes(router, retriever, uploads);
    reindexRoutes(router, retriever, uploads);
    if (evaluations !== undefined) evaluationRoutes(router, retriever, evaluations, uploads);
  });
}

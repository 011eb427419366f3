import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { SnapshelfError } from '../errors.ts';
import { type Logger, silentLogger } from '../log.ts';
import type { Retriever } from '../retrieval/index.ts';
import type { Evaluations } from './evaluations/evaluations.ts';
import { type Limits, limitsOf } from './limits.ts';
import { createMetrics } from './metrics.ts';
import { problemHandler } from './problem.ts';
import { collectionRoutes } from './routes/collections.ts';
import { evaluationRoutes } from './routes/evaluations.ts';
import { healthRoutes, type Readiness } from './routes/health.ts';
import { itemRoutes } from './routes/items.ts';
import { reindexRoutes } from './routes/reindex.ts';
import { searchRoutes } from './routes/search.ts';
import { hasLeft, openScope, scopeOf } from './scope.ts';
import { createUploads } from './uploads.ts';

export interface AppOptions {
  readonly retriever: Retriever;
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

/** Logs the end of every request; 499 stands for a client that did not wait for it. */
function logRequests(log: Logger): RequestHandler {
  return (request, response, next) => {
    const { id, startedAt } = scopeOf(response);
    const { method, path } = request;
    response.once('close', () => {
      const ms = Math.round(performance.now() - startedAt);
      log.info('request', { id, method, path, status: hasLeft(response) ? 499 : response.statusCode, ms });
    });
    next();
  };
}

/**
 * The HTTP API as an Express application, without a port: for a server of its own, or to be mounted in another one
 * with `app.use('/snapshelf', createApp({ retriever }))`. The retriever and the evaluations stay the caller's to close.
 */
export function createApp(options: AppOptions): Express {
  const { retriever, log = silentLogger, limits, readiness = () => ({ ready: true }) } = options;
  const { requestTimeoutMs = defaultRequestTimeoutMs, evaluations } = options;
  const app = express();
  const uploads = createUploads(limitsOf(limits));
  const metrics = createMetrics(retriever);
  app.disable('x-powered-by');
  app.use(openScope(requestTimeoutMs), logRequests(log), helmet(), metrics.measure);
  healthRoutes(app, retriever, metrics, readiness);
  collectionRoutes(app, retriever, uploads, evaluations);
  itemRoutes(app, retriever, uploads);
  searchRoutes(app, retriever, uploads);
  reindexRoutes(app, retriever, uploads);
  if (evaluations !== undefined) evaluationRoutes(app, retriever, evaluations, uploads);
  app.use((request) => {
    throw new SnapshelfError('route-not-found', `there is nothing at ${request.path}`);
  });
  app.use(problemHandler(log));
  return app;
}

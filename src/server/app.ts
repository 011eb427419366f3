import { randomUUID } from 'node:crypto';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { SnapshelfError } from '../errors.ts';
import { type Logger, silentLogger } from '../log.ts';
import type { Retriever } from '../retrieval/index.ts';
import { createMetrics } from './metrics.ts';
import { problemHandler } from './problem.ts';
import { collectionRoutes } from './routes/collections.ts';
import { healthRoutes, type Readiness } from './routes/health.ts';
import { itemRoutes } from './routes/items.ts';
import { reindexRoutes } from './routes/reindex.ts';
import { searchRoutes } from './routes/search.ts';
import { createUploads, defaultUploadLimits, type UploadLimits } from './uploads.ts';

export interface AppOptions {
  readonly retriever: Retriever;
  /** Default: nothing is logged. */
  readonly log?: Logger | undefined;
  readonly limits?: Partial<UploadLimits> | undefined;
  /** What `/health/ready` answers. Default: always ready. */
  readonly readiness?: (() => Readiness) | undefined;
}

/** Gives every request an id, in the answer's header `X-Request-Id`, and logs its end. */
function identify(log: Logger): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    const id = randomUUID();
    response.locals['id'] = id;
    response.set('X-Request-Id', id);
    response.once('close', () => {
      const ms = Math.round(performance.now() - started);
      log.info('request', {
        id,
        method: request.method,
        path: request.path,
        status: response.statusCode,
        ms,
      });
    });
    next();
  };
}

/**
 * The HTTP API as an Express application, without a port: for a server of its own, or to be mounted in another one
 * with `app.use('/snapshelf', createApp({ retriever }))`. The retriever stays the caller's to close.
 */
export function createApp(options: AppOptions): Express {
  const { retriever, log = silentLogger, limits, readiness = () => ({ ready: true }) } = options;
  const app = express();
  const uploads = createUploads({ ...defaultUploadLimits, ...limits });
  const metrics = createMetrics(retriever);
  app.disable('x-powered-by');
  app.use(helmet(), identify(log), metrics.measure);
  healthRoutes(app, retriever, metrics, readiness);
  collectionRoutes(app, retriever);
  itemRoutes(app, retriever, uploads);
  searchRoutes(app, retriever, uploads);
  reindexRoutes(app, retriever);
  app.use((request) => {
    throw new SnapshelfError('route-not-found', `there is nothing at ${request.path}`);
  });
  app.use(problemHandler(log));
  return app;
}

import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { problemHandler } from './problem.ts';
import { hasLeft, isOver, onceOver, openScope, scopeOf } from './request-scope.ts';

export interface BaseAppOptions {
  readonly log: Logger;
  /** Milliseconds that a request may take before its work is given up and it is answered 503. */
  readonly requestTimeoutMs: number;
}

/** Logs the end of every request; 499 stands for a client that did not wait for it. */
function logRequests(log: Logger): RequestHandler {
  return (request, response, next) => {
    const { id, startedAt } = scopeOf(response);
    const { method, path } = request;
    onceOver(response, () => {
      const ms = Math.round(performance.now() - startedAt);
      log.info('request', { id, method, path, status: hasLeft(response) ? 499 : response.statusCode, ms });
    });
    next();
  };
}

/** Headers about one answer. None is about the domain (HSTS, origin clusters, openers): that is its owner's to decide. */
const secureHeaders = (): RequestHandler =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    xContentTypeOptions: true,
    strictTransportSecurity: false,
    originAgentCluster: false,
    crossOriginOpenerPolicy: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xPoweredBy: false,
    xXssProtection: false,
  });

/** A host may have taken its time before it came to this application: who has left meanwhile is worked for no more. */
const dropGone: RequestHandler = (_request, response, next) => {
  if (!isOver(response)) next();
};

/** What every application of the server has around its routes: ids, the log, headers, errors as problems. */
export function createBaseApp(
  { log, requestTimeoutMs }: BaseAppOptions,
  fill: (app: Express) => void,
): Express {
  const app = express();
  app.disable('x-powered-by');
  // A hash of a whole answer takes as long as to write it, and hardly any is asked for again; pictures have their own.
  app.disable('etag');
  app.use(dropGone, openScope(requestTimeoutMs), logRequests(log), secureHeaders());
  fill(app);
  app.use((request) => {
    throw new SnapshelfError('route-not-found', `there is nothing at ${request.path}`);
  });
  app.use(problemHandler(log));
  return app;
}

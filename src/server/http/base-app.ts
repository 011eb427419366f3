import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { compressText } from './compress.ts';
import { tagAnswers } from './conditions.ts';
import { problemHandler } from './problem-handler.ts';
import type { RecentProblems } from './recent-problems.ts';
import { hasLeft, isFinished, onFinished, openScope, scopeOf } from './request-scope.ts';
import { watchReader } from './watch-reader.ts';

/** Default of `requestTimeoutMs`: 30 s. */
export const defaultRequestTimeoutMs = 30_000;

/** Options that all applications of the server share. */
export interface BaseAppOptions {
  readonly log: Logger;
  /** Milliseconds that a request may take before its work is aborted and it is answered 503. */
  readonly requestTimeoutMs: number;
  /** Milliseconds that a client may take nothing of an answer before its connection is closed. */
  readonly writeTimeoutMs: number;
  /** The list that problems are noted in. Default: none. */
  readonly recent?: RecentProblems | undefined;
}

/** Logs the end of every request; the status 499 means that the client left before it. */
function logRequests(log: Logger): RequestHandler {
  return (request, response, next) => {
    const { id, startedAt } = scopeOf(response);
    const { method, path } = request;
    onFinished(response, () => {
      const ms = Math.round(performance.now() - startedAt);
      log.info('request', { id, method, path, status: hasLeft(response) ? 499 : response.statusCode, ms });
    });
    next();
  };
}

/** Headers about one answer. None is about the domain (HSTS, origin clusters, openers): these are its owner's decision. */
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

/** Ends requests whose client left before they came here: the application around this one may have taken its time. */
const dropClosed: RequestHandler = (_request, response, next) => {
  if (!isFinished(response)) next();
};

/** Creates an application with the middleware around all routes: request ids, log, headers, errors as problems. */
export function createBaseApp(
  { log, requestTimeoutMs, writeTimeoutMs, recent }: BaseAppOptions,
  fill: (app: Express, problems: ErrorRequestHandler) => void,
): Express {
  const app = express();
  app.disable('x-powered-by');
  // Only what is read has a tag: see `tagAnswers`.
  app.disable('etag');
  app.use(
    dropClosed,
    openScope(requestTimeoutMs),
    watchReader(writeTimeoutMs, log),
    logRequests(log),
    secureHeaders(),
    compressText(),
    tagAnswers,
  );
  const problems = problemHandler(log, recent);
  fill(app, problems);
  app.use((request) => {
    throw new SnapshelfError('route-not-found', `There is no route ${request.path}.`);
  });
  app.use(problems);
  return app;
}

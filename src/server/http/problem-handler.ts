import type { ErrorRequestHandler, Request, Response } from 'express';
import { SnapshelfError, statusOf } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { problemOf, toSnapshelfError } from './problem.ts';
import type { RecentProblems } from './recent-problems.ts';
import { hasLeft, scopeOf, urnOf } from './request-scope.ts';

/** Sets the headers that belong to an error. */
function setHeaders(response: Response, { code, details }: SnapshelfError): void {
  // Waiting does not repair damage.
  if (code === 'rate-limited' || (statusOf(code) === 503 && code !== 'gallery-damaged'))
    response.set('Retry-After', String(details['retryAfterSeconds'] ?? 1));
  // Its body does not end, so nothing can follow it.
  if (code === 'body-too-slow') response.set('Connection', 'close');
  if (code === 'unauthorized') response.set('WWW-Authenticate', 'Bearer realm="snapshelf"');
  if (Array.isArray(details['allow'])) response.set('Allow', details['allow'].join(', '));
}

/** Gives the method and the pattern of a request's route, which name no collection and no item. */
const routeOf = ({ method, route }: Request): string | null =>
  typeof route?.path === 'string' ? `${method} ${route.path}` : null;

/**
 * Returns the handler that sends a problem for whatever a route threw, notes it in `recent`, and logs errors that are the
 * server's own fault.
 */
export function problemHandler(log: Logger, recent?: RecentProblems): ErrorRequestHandler {
  return (thrown: unknown, request: Request, response: Response, _next): void => {
    if (hasLeft(response) || response.headersSent) {
      // The client sees no more than that the answer ends early.
      if (response.headersSent && thrown instanceof SnapshelfError)
        log.error(thrown.message, { id: scopeOf(response).id, path: request.path, error: thrown });
      response.destroy();
      return;
    }
    const error = toSnapshelfError(thrown);
    const { id } = scopeOf(response);
    if (statusOf(error.code) === 500 || error.code === 'gallery-damaged')
      log.error(error.message, { id, path: request.path, error: error.cause ?? error });
    setHeaders(response, error);
    const problem = { ...problemOf(error), instance: urnOf(id) };
    const { status, code } = problem;
    // A probe of a server that starts is answered so every second, and would push what failed out of the list.
    if (code !== 'not-ready')
      recent?.add({ time: new Date().toISOString(), status, code, requestId: id, route: routeOf(request) });
    response.status(status).type('application/problem+json').send(JSON.stringify(problem));
  };
}

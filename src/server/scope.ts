import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import { SnapshelfError } from '../errors.ts';

/** What belongs to one request. */
export interface Scope {
  /** A UUID: the client's `X-Request-Id` where it is one, else a new one. */
  readonly id: string;
  /** `performance.now()` when the headers were there. */
  readonly startedAt: number;
  /** Aborts when the client leaves or the answer takes too long. */
  readonly signal: AbortSignal;
}

const scopes = new WeakMap<Response, Scope>();

/** The scope of a request that `openScope` has seen. */
export function scopeOf(response: Response): Scope {
  const scope = scopes.get(response);
  if (scope === undefined) throw new TypeError('openScope must come before every other handler');
  return scope;
}

/** Whether the client closed the connection before it had its answer. */
export const hasLeft = (response: Response): boolean => response.closed && !response.writableFinished;

const left = (): DOMException => new DOMException('The client closed the connection.', 'AbortError');

const late = (ms: number): SnapshelfError =>
  new SnapshelfError(
    'queue-full',
    `the answer took more than ${ms / 1000} s, because the server is busy; try again later`,
    { details: { retryAfterSeconds: 5 } },
  );

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Gives every request an id, answered as `X-Request-Id`, and a signal that ends its work after `timeoutMs` at most. */
export function openScope(timeoutMs: number): RequestHandler {
  return (request, response, next) => {
    const given = request.get('x-request-id') ?? '';
    const id = uuid.test(given) ? given : randomUUID();
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(late(timeoutMs)), timeoutMs);
    response.once('close', () => {
      clearTimeout(timer);
      if (!response.writableFinished) controller.abort(left());
    });
    scopes.set(response, { id, startedAt: performance.now(), signal: controller.signal });
    response.set('X-Request-Id', id);
    next();
  };
}

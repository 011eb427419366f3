import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { RequestHandler, Response } from 'express';
import { SnapshelfError } from '../../errors.ts';

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

/** Whether nobody waits for an answer any more: it was sent, or the client has left. */
export const isOver = (response: Response): boolean => response.closed || response.req.socket.destroyed;

/** Whether the client closed the connection before it had its answer. */
export const hasLeft = (response: Response): boolean => isOver(response) && !response.writableFinished;

const waiting = new WeakMap<Socket, Set<() => void>>();

/** What waits for the end of a connection. One listener for all: a connection may have many requests under way. */
function waitingFor(socket: Socket): Set<() => void> {
  const known = waiting.get(socket);
  if (known !== undefined) return known;
  const ends = new Set<() => void>();
  waiting.set(socket, ends);
  socket.once('close', () => {
    for (const end of ends) end();
  });
  return ends;
}

/**
 * Calls back once, when nobody waits for the answer any more, which must not be so already. (Node tells a response
 * nothing of the end of its connection while it waits behind another one.)
 */
export function onceOver(response: Response, callback: () => void): void {
  const ends = waitingFor(response.req.socket);
  const end = (): void => {
    if (ends.delete(end)) callback();
  };
  ends.add(end);
  response.once('close', end);
}

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
    onceOver(response, () => {
      clearTimeout(timer);
      if (!response.writableFinished) controller.abort(left());
    });
    scopes.set(response, { id, startedAt: performance.now(), signal: controller.signal });
    response.set('X-Request-Id', id);
    next();
  };
}

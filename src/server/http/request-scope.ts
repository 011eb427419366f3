import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { RequestHandler, Response } from 'express';
import { queueFull } from './queue-full.ts';

/** Data of one request. */
export interface Scope {
  /** The client's `X-Request-Id` where it is well formed, else a new UUID. */
  readonly id: string;
  /** `performance.now()` when the headers had arrived. */
  readonly startedAt: number;
  /** Aborts if the client leaves or the answer takes too long. */
  readonly signal: AbortSignal;
  /** Lets the answer take as long as it takes: the signal then aborts only if the client leaves. */
  readonly stopClock: () => void;
}

const scopes = new WeakMap<Response, Scope>();

/** Returns the scope of a request. @throws TypeError if `openScope` has not handled it. */
export function scopeOf(response: Response): Scope {
  const scope = scopes.get(response);
  if (scope === undefined) throw new TypeError('openScope must come before every other handler.');
  return scope;
}

/** True if nobody waits for an answer any more: it was sent, or the client has left. */
export const isFinished = (response: Response): boolean => response.closed || response.req.socket.destroyed;

/** True if the client closed the connection before it had its answer. */
export const hasLeft = (response: Response): boolean => isFinished(response) && !response.writableFinished;

const waiting = new WeakMap<Socket, Set<() => void>>();

/** Returns the callbacks for the end of a connection. One listener serves all, because a connection may have many requests. */
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

/** The callbacks for the end of each response. One listener serves all: Node warns of more than ten. */
const finishing = new WeakMap<Response, (() => void)[]>();

/**
 * Calls back once, when nobody waits for the answer any more. `isFinished` must still be false. (Node does not tell a response
 * that its connection has ended while it waits behind another one.)
 */
export function onFinished(response: Response, callback: () => void): void {
  const known = finishing.get(response);
  if (known !== undefined) return void known.push(callback);
  const callbacks = [callback];
  finishing.set(response, callbacks);
  const ends = waitingFor(response.req.socket);
  const end = (): void => {
    if (ends.delete(end)) for (const one of callbacks) one();
  };
  ends.add(end);
  response.once('close', end);
}

/** Calls back once, when the answer is complete, though it may still have to be sent, or nobody waits for it any more. */
export function onAnswered(response: Response, callback: () => void): void {
  if (isFinished(response)) callback();
  else {
    response.once('prefinish', callback);
    onFinished(response, callback);
  }
}

const left = (): DOMException => new DOMException('The client closed the connection.', 'AbortError');

/** Ids that tools make: UUIDs, ULIDs, trace ids. Nothing in them could be taken for another part of a line of a log. */
const wellFormed = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Returns the id of a request as a URN. */
export const urnOf = (id: string): string =>
  uuid.test(id) ? `urn:uuid:${id}` : `urn:snapshelf:request:${id}`;

/** Returns the middleware that gives every request an id (`X-Request-Id`) and a signal that aborts its work after `timeoutMs`. */
export function openScope(timeoutMs: number): RequestHandler {
  const late = `The answer took more than ${timeoutMs / 1000} s, because the server is busy. Try again later.`;
  return (request, response, next) => {
    const given = request.get('x-request-id') ?? '';
    const id = wellFormed.test(given) ? given : randomUUID();
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(queueFull(late, 5)), timeoutMs);
    onFinished(response, () => {
      clearTimeout(timer);
      if (!response.writableFinished) controller.abort(left());
    });
    scopes.set(response, {
      id,
      startedAt: performance.now(),
      signal: controller.signal,
      stopClock: () => clearTimeout(timer),
    });
    response.set('X-Request-Id', id);
    next();
  };
}

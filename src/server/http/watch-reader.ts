import type { Socket } from 'node:net';
import type { RequestHandler } from 'express';
import type { Logger } from '../../log.ts';
import { onFinished, scopeOf } from './request-scope.ts';

/** Milliseconds between two looks at a connection. */
const lookMs = 1000;

/** Bytes that have left. */
const goneFrom = ({ bytesWritten, writableLength }: Socket): number => bytesWritten - writableLength;

/** Returns the middleware that ends a connection whose client takes nothing of an answer for `timeoutMs`. */
export const watchReader =
  (timeoutMs: number, log: Logger): RequestHandler =>
  (request, response, next) => {
    const { socket } = request;
    const everyMs = Math.min(timeoutMs, lookMs);
    let gone = goneFrom(socket);
    let stalledMs = 0;
    const timer = setInterval(() => {
      const isStalled = socket.writableLength > 0 && goneFrom(socket) === gone;
      gone = goneFrom(socket);
      stalledMs = isStalled ? stalledMs + everyMs : 0;
      if (stalledMs < timeoutMs) return;
      log.warn('a client takes nothing of its answer: the connection was closed', {
        id: scopeOf(response).id,
      });
      response.destroy();
    }, everyMs);
    onFinished(response, () => clearInterval(timer));
    next();
  };

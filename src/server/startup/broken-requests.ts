import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { problemOf } from '../http/problem.ts';
import { urnOf } from '../http/request-scope.ts';

/** Milliseconds for a client to send the rest of what was refused, and to take the refusal. */
const lingerMs = 2000;

type NodeError = Error & { readonly code?: string };

/** Returns what is wrong with a request that Node could not read. */
function errorOf({ code = '' }: NodeError): SnapshelfError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new SnapshelfError(
      'headers-too-large',
      'The address and the headers have more than 16 KiB together. Send long fields in the body.',
      { details: { maxBytes: 16_384 } },
    );
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new SnapshelfError('body-too-slow', 'The request has not arrived in time. Send it again.');
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW')
    return new SnapshelfError(
      'body-too-large',
      'The extensions of chunks have more than 16 KiB. Leave them out.',
    );
  return new SnapshelfError('request-invalid', 'The request is not well-formed HTTP/1.1.');
}

/** Returns the whole answer for a request that no application sees. */
function answerOf(error: SnapshelfError, id: string): string {
  const problem = { ...problemOf(error), instance: urnOf(id) };
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    `X-Request-Id: ${id}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/** Answers with problems what Node cannot read as a request, and lets the client send the rest: a reset would take the answer from it. */
export function answerBrokenRequests(server: Server, log: Logger): void {
  const last = new WeakMap<Socket, ServerResponse>();
  const refused = new WeakSet<Socket>();
  const refuse = (error: NodeError, socket: Socket, end: () => void): void => {
    const problem = errorOf(error);
    const id = randomUUID();
    log.info('request refused', { id, code: problem.code });
    socket.end(answerOf(problem, id), end);
  };
  const linger = (socket: Socket): void => {
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(timer));
  };
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => last.set(socket, response));
  server.on('clientError', (error: NodeError, stream) => {
    const socket = stream as Socket;
    // What still arrives is an error again.
    if (refused.has(socket)) return;
    refused.add(socket);
    const response = last.get(socket);
    const isUnderWay = response !== undefined && !response.writableFinished;
    if (!socket.writable || error.code === 'ECONNRESET') socket.destroy();
    else if (!isUnderWay) refuse(error, socket, () => linger(socket));
    // Answers come in the order of the requests.
    else if (response.req.complete)
      response.once('finish', () => refuse(error, socket, () => linger(socket)));
    else if (response.headersSent) socket.destroy();
    else refuse(error, socket, () => socket.destroy());
  });
}

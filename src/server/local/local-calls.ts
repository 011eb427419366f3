import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { deserialize, serialize } from 'node:v8';
import {
  type ErrorCode,
  type SerializedError,
  SnapshelfError,
  serializeError,
  statusOf,
} from '../../errors.ts';
import { Gallery, isOperation } from '../../gallery/index.ts';
import type { Retriever } from '../../retrieval/index.ts';
import type { AuditLog } from '../access/audit-log.ts';
import type { Evaluations } from '../evaluations/evaluation-jobs.ts';
import { problemOf } from '../http/problem.ts';
import { isKeyOperation, performOnKeys } from '../keys/key-operations.ts';
import type { Keys } from '../keys/keys.ts';
import { forgetFindings } from '../startup/forget-collection.ts';
import type { Webhooks } from '../webhooks/webhook-service.ts';
import { audited } from './audit-calls.ts';
import { receive } from './receive.ts';
import { importOver, isFromThisMachine, isSameText, localPath, proofOf } from './token.ts';

/** Most bytes of a call: one transaction of pictures with their vectors, thumbnails and metadata. */
const mostBytes = 128 * 2 ** 20;

/** The parts of a server that the calls of this machine's commands work on. */
export interface LocalTarget {
  readonly retriever: Retriever;
  readonly evaluations: Evaluations;
  readonly keys: Keys;
  readonly webhooks?: Webhooks | undefined;
  readonly audit?: AuditLog | undefined;
  readonly token: string;
}

/** True for a request of a command of this machine. */
export const isLocalCall = ({ url = '' }: IncomingMessage): boolean =>
  url === localPath || url.startsWith(`${localPath}/`);

/**
 * Creates the listener that performs the operations of a gallery, and of its keys, for commands of this machine, which name the token of
 * `server.json`: so they work beside the server as they do without one. Arguments and answers are structured clones.
 * A GET only proves, without the token, that this is the server of that file. Other engines than a data folder commands reach themselves:
 * it returns undefined.
 */
export function localCalls(target: LocalTarget): RequestListener | undefined {
  const { retriever, evaluations, keys, webhooks, audit, token } = target;
  const { records, gallery: engine } = retriever;
  if (!(engine instanceof Gallery)) return undefined;
  // What is kept of it too: it must not appear in a later collection of that name.
  const drop = async (name: string): Promise<void> => {
    await evaluations.removeAll(name, () => engine.drop(name));
    await forgetFindings(records, name);
  };
  const perform = (operation: string, given: readonly unknown[]): Promise<unknown> => {
    if (isKeyOperation(operation)) return performOnKeys(keys, operation, given as [never]);
    if (operation === importOver)
      return webhooks?.tell('import.finished', given[0] as never) ?? Promise.resolve(0);
    if (operation === 'drop') return drop(String(given[0]));
    return engine.calls.call(operation as 'info', given as [string]);
  };
  return (request, response) => {
    if (!isFromThisMachine(request)) return refuse(response, 'forbidden', 'It answers this machine only.');
    const nonce = String(request.headers['snapshelf-nonce'] ?? '').slice(0, 100);
    response.setHeader('Snapshelf-Proof', proofOf(token, nonce));
    if (request.method === 'GET') return send(response, {});
    if (!isSameText(request.headers.authorization ?? '', `Bearer ${token}`))
      return refuse(response, 'forbidden', 'The token is not that of its server.json.');
    const operation = (request.url ?? '').slice(localPath.length + 1);
    if (!isOperation(operation) && !isKeyOperation(operation) && operation !== importOver)
      return refuse(response, 'route-not-found', `It does not know ${operation}.`);
    receive(request, mostBytes, tooLong)
      .then((bytes) => {
        const given = deserialize(bytes) as readonly unknown[];
        return audited(audit, operation, given, () => perform(operation, given));
      })
      .then((value) => send(response, { value }))
      .catch((error: unknown) => send(response, { error: serializeError(error) }));
  };
}

const tooLong = (): SnapshelfError =>
  new SnapshelfError('body-too-large', `A call has more than ${mostBytes} bytes. Send less at once.`);

type LocalAnswer = { readonly value?: unknown } | { readonly error: SerializedError };

function send(response: ServerResponse, answer: LocalAnswer): void {
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Cache-Control': 'no-store' });
  response.end(serialize(answer));
}

/** Refuses a call before its body is read, with the problem that any other route answers: the caller may be anybody. */
function refuse(response: ServerResponse, code: ErrorCode, message: string): void {
  response.writeHead(statusOf(code), {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    Connection: 'close',
  });
  response.end(JSON.stringify(problemOf(new SnapshelfError(code, message))));
}

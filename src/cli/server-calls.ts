import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { deserialize, serialize } from 'node:v8';
import { deserializeError, type SerializedError, SnapshelfError } from '../errors.ts';
import type { GalleryCalls } from '../gallery/index.ts';
import { asSentence } from '../json/index.ts';
// Not from the room's index, which has only its public exports.
import type { Answer, Given, KeyOperations } from '../server/keys/key-operations.ts';
import { receive } from '../server/local/receive.ts';
import { importOver, isSameText, localPath, proofOf } from '../server/local/token.ts';
import type { EventData } from '../server/webhooks/webhook-event.ts';
import type { RunningServer } from './running-server.ts';

/** Most bytes of an answer: a picture, or a page of items. */
const mostBytes = 256 * 2 ** 20;
/** Below the time after which the server closes a connection that is idle. */
const idleMs = 20_000;
const helloMs = 10_000;

interface Asked {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The operations of a gallery, performed by the server that has the data folder open: a command does the rest of its work
 * itself, as it does without a server. Nothing is believed before the server has proved that it has the folder's token.
 */
export class ServerCalls implements GalleryCalls {
  readonly server: RunningServer;
  readonly #agent = new Agent({ keepAlive: true, timeout: idleMs });

  constructor(server: RunningServer) {
    this.server = server;
  }

  /** True if the server of the file is there and proves it. */
  async isThere(): Promise<boolean> {
    try {
      await this.#ask({ method: 'GET', path: localPath, signal: AbortSignal.timeout(helloMs) });
      return true;
    } catch {
      return false;
    }
  }

  /** @throws the error of the operation; SnapshelfError `closed` if the server stops; the signal's reason. */
  async call<K extends Parameters<GalleryCalls['call']>[0]>(
    operation: K,
    given: readonly unknown[],
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<never> {
    return this.#perform(operation, given, signal);
  }

  /** Has the server perform an operation on keys. @throws as `call`. */
  callKeys<K extends keyof KeyOperations>(operation: K, given: Given<K>): Promise<Answer<K>> {
    return this.#perform(operation, given);
  }

  /** Tells the server that an import is over. @throws as `call`. */
  tellImport(data: EventData<'import.finished'>): Promise<number> {
    return this.#perform(importOver, [data]);
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    this.#agent.destroy();
  }

  async #perform(operation: string, given: readonly unknown[], signal?: AbortSignal): Promise<never> {
    const path = `${localPath}/${operation}`;
    const answer = await this.#ask({ method: 'POST', path, body: serialize(given), signal }).catch(
      (cause: unknown) => {
        signal?.throwIfAborted();
        const stopped = `The server at ${this.server.url} does not answer any more: ${asSentence((cause as Error).message)}`;
        throw new SnapshelfError('closed', `${stopped} What it stored is kept: run the command again.`, {
          cause,
        });
      },
    );
    const { value, error } = answer as { readonly value?: unknown; readonly error?: SerializedError };
    if (error !== undefined) throw deserializeError(error);
    return value as never;
  }

  async #ask({ method, path, body, signal }: Asked): Promise<unknown> {
    const nonce = randomBytes(16).toString('hex');
    const { url, token } = this.server;
    const headers = {
      'Snapshelf-Nonce': nonce,
      ...(body !== undefined && { Authorization: `Bearer ${token}`, 'Content-Length': body.length }),
    };
    const options: RequestOptions = { method, headers, agent: this.#agent, signal };
    const sent = request(`${url.replace(/\/\/(0\.0\.0\.0|\[::\])/, '//localhost')}${path}`, options);
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    if (!isSameText(String(response.headers['snapshelf-proof'] ?? ''), proofOf(token, nonce))) {
      response.destroy();
      throw new RangeError('Another program answers.');
    }
    const answer = await receive(
      response,
      mostBytes,
      () => new RangeError(`It sends more than ${mostBytes} bytes.`),
    );
    if (response.statusCode === 200) return deserialize(answer);
    const message = `The server at ${url} refuses ${path}. Is it of another version? Start it anew with that of this command.`;
    return { error: { name: 'SnapshelfError', code: 'route-not-found', message } satisfies SerializedError };
  }
}

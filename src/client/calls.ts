import type { ClientError } from './client-errors.ts';
import { bodyOf, jsonOf } from './pictures.ts';
import { type OperationId, pathOf, routes } from './routes.ts';
import { type CallOptions, type Sending, send } from './send.ts';
import type { AnswerOf } from './types.ts';

/** Options of a client. */
export interface ClientOptions {
  /** The key that requests carry, or what returns it each time. Default: none. */
  readonly key?: string | (() => string | undefined) | undefined;
  /** Most milliseconds that one try may take; 0 sets no limit. Default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Most further tries while the server is busy (429, 503) or away. Default 4. */
  readonly retries?: number | undefined;
  /** Is called before each further try. */
  readonly onRetry?: ((error: ClientError, waitMs: number) => void) | undefined;
  /** Sends the requests. Default: `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** Options of a call that writes one item. */
export interface WriteOptions extends CallOptions {
  /** The `ETag` of the item as it was read: one that has changed since is not changed (`item-changed`). */
  readonly ifMatch?: string | undefined;
  /** True stores the item only if there is none of its id. Default false. */
  readonly isNew?: boolean | undefined;
}

/** The parts of a request besides its path. */
interface Parts {
  readonly query?: object | undefined;
  readonly body?: string | FormData | undefined;
  readonly accept?: string | undefined;
}

/** Operations that a second request would do once more: they are sent with an `Idempotency-Key`. */
const doneOnce: readonly OperationId[] = [
  'startReindex',
  'startEvaluation',
  'startCalibration',
  'startDuplicates',
  'finishImport',
];
/** Operations that take no such key. */
const notRepeatable: readonly OperationId[] = ['createWebhook', 'testWebhook'];

/** Returns a text that nobody else has. (`crypto.randomUUID` is missing in pages that came by HTTP.) */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );

/** Reads the JSON of an answer, which is an object. @throws SyntaxError for another. */
async function readJson(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  const body: unknown = await response.json();
  if (typeof body !== 'object' || body === null) throw new SyntaxError('It is no object.');
  return body;
}

/** Sends the requests of operations. */
export class Calls {
  readonly base: URL;
  readonly fetch: typeof globalThis.fetch;
  readonly #sending: Sending;

  /** @throws TypeError if `url` is no address. */
  constructor(url: string | URL, options: ClientOptions) {
    const { key, timeoutMs = 60_000, retries = 4, onRetry } = options;
    // A browser's fetch must be called as that of its window.
    const { fetch = (...of: Parameters<typeof globalThis.fetch>) => globalThis.fetch(...of) } = options;
    this.base = new URL(String(url).replace(/\/*$/, '/'));
    this.fetch = fetch;
    this.#sending = { key, timeoutMs, retries, onRetry, fetch };
  }

  /** Sends a request and reads its answer. @throws ClientError */
  async send<T>(
    id: OperationId,
    path: readonly string[],
    { query = {}, body, accept = 'application/json' }: Parts,
    options: WriteOptions,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const url = new URL(pathOf(id, path), this.base);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, typeof value === 'string' ? value : jsonOf(value));
    const { ifMatch, isNew = false, idempotencyKey = doneOnce.includes(id) ? newKey() : undefined } = options;
    const headers = {
      ...(ifMatch !== undefined && { 'If-Match': ifMatch }),
      ...(isNew && { 'If-None-Match': '*' }),
    };
    // A second time, a condition that was met is met no more.
    const isRepeatable = ifMatch === undefined && !isNew && !notRepeatable.includes(id);
    const sent = { method: routes[id][0], url, body, headers, accept, isRepeatable };
    return send(sent, this.#sending, { ...options, idempotencyKey }, read);
  }

  /** Sends a request and returns the JSON of its answer. @throws ClientError */
  json<Id extends OperationId>(
    id: Id,
    path: readonly string[],
    parts: Parts = {},
    options: WriteOptions = {},
  ): Promise<AnswerOf<Id>> {
    return this.send(id, path, parts, options, readJson) as Promise<AnswerOf<Id>>;
  }

  /** Sends fields with pictures and returns the JSON of the answer. @throws ClientError */
  async withPictures<Id extends OperationId>(
    id: Id,
    path: readonly string[],
    fields: object,
    options: WriteOptions = {},
  ): Promise<AnswerOf<Id>> {
    const body = await bodyOf({ ...fields }, this.fetch, options.signal);
    return this.json(id, path, { body }, options);
  }
}

import {
  AnswerError,
  type ClientError,
  ConnectionError,
  ProblemError,
  TimeoutError,
} from './client-errors.ts';
import type { Problem } from './types.ts';

/** Options of one call. */
export interface CallOptions {
  /** Breaks the call off; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Most milliseconds that one try may take; 0 sets no limit. Default: that of the client. */
  readonly timeoutMs?: number | undefined;
  /** Most further tries. Default: those of the client. */
  readonly retries?: number | undefined;
  /** A text of your own: the server does requests of one key only once in 24 hours. Default: a new one for what is not repeatable. */
  readonly idempotencyKey?: string | undefined;
  /** Is given the answer of success before it is read: its headers, such as `ETag` and `X-Request-Id`. */
  readonly onResponse?: ((response: Pick<Response, 'headers' | 'status'>) => void) | undefined;
}

/** The way in which requests are sent. */
export interface Sending {
  readonly key?: string | (() => string | undefined) | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly onRetry?: ((error: ClientError, waitMs: number) => void) | undefined;
}

/** One request. */
export interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly body?: string | FormData | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly accept: string;
  /** False if a second time could do something else than the first: it is then sent again only if the server has refused it. */
  readonly isRepeatable: boolean;
}

const firstWaitMs = 500;
const longestWaitMs = 60_000;
/** The longest that a timer can be set to. */
const longestTimerMs = 2 ** 31 - 1;

/** Reads `Retry-After`: seconds or a date. */
function retryAfterMs({ headers }: Response): number | undefined {
  const text = headers.get('Retry-After');
  if (text === null) return undefined;
  // By the server's clock: ours may be wrong.
  const now = Date.parse(headers.get('Date') ?? '') || Date.now();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'code' in value && 'detail' in value && 'status' in value;

async function errorOf(response: Response): Promise<ClientError> {
  const requestId = response.headers.get('X-Request-Id') ?? undefined;
  const problem: unknown = await response.json().catch(() => undefined);
  const wait = retryAfterMs(response);
  return isProblem(problem)
    ? new ProblemError(problem, requestId, wait)
    : new AnswerError(response.status, requestId, wait);
}

/** Waits. @throws unknown the reason of the signal. */
async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
  signal?.throwIfAborted();
}

function headersOf({ accept, headers, body }: Sent, { key }: Sending, idempotencyKey?: string): Headers {
  const made = new Headers({ Accept: accept, ...headers });
  const used = typeof key === 'function' ? key() : key;
  if (used !== undefined && used !== '') made.set('X-Api-Key', used);
  if (typeof body === 'string') made.set('Content-Type', 'application/json');
  if (idempotencyKey !== undefined) made.set('Idempotency-Key', idempotencyKey);
  return made;
}

/** Sends a request once, and reads its answer. */
async function attempt<T>(
  sent: Sent,
  sending: Sending,
  options: CallOptions,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const { signal, timeoutMs = sending.timeoutMs, idempotencyKey } = options;
  signal?.throwIfAborted();
  const headers = headersOf(sent, sending, idempotencyKey);
  const clock = new AbortController();
  const timer =
    timeoutMs > 0 ? setTimeout(() => clock.abort(), Math.min(timeoutMs, longestTimerMs)) : undefined;
  const either = signal === undefined ? clock.signal : AbortSignal.any([signal, clock.signal]);
  const tried = async <R>(run: () => Promise<R>): Promise<R> => {
    try {
      return await run();
    } catch (error) {
      signal?.throwIfAborted();
      if (clock.signal.aborted)
        throw new TimeoutError(`The answer of ${sent.url.pathname} took more than ${timeoutMs} ms.`, {
          cause: error,
        });
      throw failureOf(error, sent);
    }
  };
  try {
    const response = await tried(async () => {
      const answer = await sending.fetch(sent.url, {
        method: sent.method.toUpperCase(),
        headers,
        body: sent.body ?? null,
        signal: either,
        // The API redirects nowhere, and another server must not see the key.
        redirect: 'error',
      });
      if (!answer.ok) throw await errorOf(answer);
      return answer;
    });
    options.onResponse?.(response);
    return await tried(() => read(response));
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the error of the client for what went wrong on the way; others stay as they are. */
function failureOf(error: unknown, { url }: Sent): unknown {
  if (error instanceof SyntaxError) return new AnswerError(200, undefined);
  // fetch and the readers of its answers throw these for whatever goes wrong.
  if (!(error instanceof TypeError)) return error;
  return new ConnectionError(`${url.origin} cannot be reached, or the connection was lost.`, {
    cause: error,
  });
}

/** Returns the milliseconds after which a failed request is sent again, or undefined if it is not. */
function waitFor(error: unknown, isRepeatable: boolean, tries: number): number | undefined {
  const backOff = firstWaitMs * 2 ** tries * (0.5 + Math.random() / 2);
  if (error instanceof ConnectionError) return isRepeatable ? Math.min(backOff, longestWaitMs) : undefined;
  if (!(error instanceof ProblemError || error instanceof AnswerError)) return undefined;
  const isBusy = error.status === 429 || error.status === 503;
  // A damaged collection is 503 too, and stays so.
  if (!isBusy || error.code === 'gallery-damaged') return undefined;
  const wait = Math.max(error.retryAfterMs ?? 0, Math.min(backOff, longestWaitMs));
  return wait > longestWaitMs ? undefined : wait;
}

/**
 * Sends a request, again while the server is busy or away, and reads its answer.
 * @throws ClientError
 * @throws unknown the reason of the signal.
 */
export async function send<T>(
  sent: Sent,
  sending: Sending,
  options: CallOptions,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const { retries = sending.retries, signal } = options;
  const isRepeatable = sent.isRepeatable || options.idempotencyKey !== undefined;
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt(sent, sending, options, read);
    } catch (error) {
      const wait = tries < retries ? waitFor(error, isRepeatable, tries) : undefined;
      if (wait === undefined) throw error;
      sending.onRetry?.(error as ClientError, wait);
      await sleep(wait, signal);
    }
  }
}

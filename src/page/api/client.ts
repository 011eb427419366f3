import { effect, untracked } from '@preact/signals';
import { ClientError, type ClientOptions, ProblemError, SnapshelfClient } from 'snapshelf/client';
import { key, keyAsked, offline } from './session.ts';

/** Sends a request, and notes whether the server can be reached. */
async function watchedFetch(...of: Parameters<typeof fetch>): Promise<Response> {
  try {
    const response = await fetch(...of);
    offline.value = false;
    return response;
  } catch (error) {
    // What fetch throws for whatever goes wrong on the way; breaking off is none of that.
    if (error instanceof TypeError) offline.value = true;
    throw error;
  }
}

/** Makes a client of the server that sent the page, wherever the API is mounted, which carries the session's key. */
export const connect = (options: Pick<ClientOptions, 'retries' | 'timeoutMs' | 'onRetry'>): SnapshelfClient =>
  new SnapshelfClient(new URL('.', document.baseURI), {
    key: () => key.value,
    fetch: watchedFetch,
    ...options,
  });

/** The client of the page. What it reads is shown at once or not: the page itself asks again, or offers to. */
export const client = connect({ retries: 0 });

/** Milliseconds after which a server that is away is asked again, and the least after which one that asks for time is. */
const awayMs = 2000;

effect(() => {
  if (!offline.value) return;
  const timer = setInterval(() => void client.getLive().catch(() => undefined), awayMs);
  return () => clearInterval(timer);
});

/** The code of an error of the API; `unknown` for any other. */
export const codeOf = (error: unknown): string => (error instanceof ClientError ? error.code : 'unknown');

/**
 * Calls back when a server that was away is back, or when one that starts or has too much to do wants to be asked again; returns what
 * prevents it.
 */
export function whenBack(error: unknown, callback: () => void): (() => void) | undefined {
  // The effect that calls this must not depend on what the callback reads.
  if (codeOf(error) === 'unreachable' && !offline.value) untracked(callback);
  if (!(error instanceof ProblemError)) return undefined;
  // One that starts is asked again, also where something in between has taken away when.
  const wait = error.retryAfterMs ?? (error.code === 'not-ready' ? awayMs : undefined);
  if (wait === undefined) return undefined;
  const timer = setTimeout(callback, Math.max(awayMs, wait));
  return () => clearTimeout(timer);
}

/** True for an error that another key may mend. */
export const wantsKey = (error: unknown): boolean =>
  codeOf(error) === 'unauthorized' || (codeOf(error) === 'forbidden' && key.value !== '');

/** Asks the reader for a key, for the lack of which something was refused. */
export const askForKey = (error: unknown): void => {
  keyAsked.value = { code: codeOf(error), detail: error instanceof Error ? error.message : '' };
};

/** Waits for an answer, and asks the reader for a key if it is refused for the lack of one. */
export async function asking<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (wantsKey(error)) askForKey(error);
    throw error;
  }
}

/** True for an error that says that nobody waits for the answer any more. */
export const isAbort = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'AbortError';

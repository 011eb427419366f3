import { english } from '../english.ts';
import type { Problem } from './api-types.ts';
import { key, keyAsked, offline } from './session.ts';

/** A request that was answered with a problem, or not at all (code `offline`). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Seconds after which the server wants to be asked again; 0 where it says nothing. */
  readonly retryAfter: number;

  constructor({ status, code, detail }: Problem, retryAfter = 0) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** Options of a request. */
export interface Call {
  readonly method?: string;
  readonly json?: unknown;
  readonly form?: FormData;
  readonly signal?: AbortSignal | undefined;
  readonly accept?: string;
  /** True leaves it to the caller to ask for a key. Default false. */
  readonly isQuiet?: boolean;
}

/** Returns the address of a path of the API, wherever the page is mounted. */
export const addressOf = (path: string): string => new URL(path, document.baseURI).href;

async function problemOf(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get('Retry-After') ?? 0);
  try {
    return new ApiError((await response.json()) as Problem, retryAfter);
  } catch {
    const { status } = response;
    return new ApiError({ status, code: 'unknown', detail: english.errors.unknown(status) }, retryAfter);
  }
}

function noteProblem({ code, message }: ApiError): void {
  if (code === 'unauthorized' || (code === 'forbidden' && key.value !== ''))
    keyAsked.value = { code, detail: message };
}

/**
 * Sends a request with the session's key.
 * @throws ApiError for every answer that is no success, and where there is none.
 */
export async function send(path: string, call: Call = {}): Promise<Response> {
  const { method = 'GET', json, form, signal, accept = 'application/json', isQuiet = false } = call;
  const headers: Record<string, string> = { Accept: accept };
  if (key.value !== '') headers['X-Api-Key'] = key.value;
  if (json !== undefined) headers['Content-Type'] = 'application/json';
  const body = form ?? (json === undefined ? null : JSON.stringify(json));
  let response: Response;
  try {
    response = await fetch(addressOf(path), { method, headers, body, signal: signal ?? null });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    offline.value = true;
    throw new ApiError({ status: 0, code: 'offline', detail: english.errors.offline });
  }
  offline.value = false;
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (!isQuiet) noteProblem(problem);
  throw problem;
}

/** Sends a request and returns the JSON of its answer. @throws ApiError as `send`. */
export async function ask<T>(path: string, call: Call = {}): Promise<T> {
  const response = await send(path, call);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** True for an error that says that nobody waits for the answer any more. */
export const isAbort = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'AbortError';

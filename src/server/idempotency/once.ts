import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { Callers } from '../access/callers.ts';
import type { AnswerStore } from './answer-store.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { KeptAnswer } from './kept-answer.ts';

/** A handler of a request. */
export type Handle = (request: Request, response: Response) => Promise<void> | void;

/** Returns the key of a request, or undefined if it has none. @throws SnapshelfError `request-invalid`. */
function keyOf(request: Request): string | undefined {
  const key = request.get('idempotency-key');
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new SnapshelfError(
    'request-invalid',
    'The header Idempotency-Key takes 1 to 255 printable ASCII characters without blanks, such as a UUID.',
  );
}

const mismatch = (): SnapshelfError =>
  new SnapshelfError(
    'idempotency-mismatch',
    'This Idempotency-Key was sent before with another request. Nothing was changed. Send a new key with a new request.',
  );

const pending = (): SnapshelfError =>
  new SnapshelfError(
    'idempotency-pending',
    'The request that was sent with this Idempotency-Key is still being handled. Send it again when that is over.',
  );

/** Sends the answer of the first request again. */
function replay(response: Response, { status, location, body }: KeptAnswer): void {
  if (location !== undefined) response.location(location);
  response.status(status).set('Idempotency-Replayed', 'true').type('json').send(body);
}

/** Does requests that bring an `Idempotency-Key` once: a second one is sent the answer of the first, on whatever server of an engine. */
export class Once {
  readonly #store: AnswerStore;
  readonly #callers: Callers;
  /** The requests under way: their hashes, by name. */
  readonly #running = new Map<string, string>();

  constructor(store: AnswerStore, callers: Callers) {
    this.#store = store;
    this.#callers = callers;
  }

  /** Forgets the answers about a collection that is gone. */
  forget(collection: string): Promise<void> {
    return this.#store.forget(collection);
  }

  /**
   * Wraps the handler of a POST. Its answer is on disk before it is sent; one of failure is not kept, because nothing was
   * done, and the request may be sent again.
   */
  wrap(handle: Handle): Handle {
    return async (request, response) => {
      const key = keyOf(request);
      if (key === undefined) return handle(request, response);
      const fingerprint = await fingerprintOf(request);
      const name = this.#nameOf(request, key);
      const running = this.#running.get(name);
      if (running !== undefined) throw running === fingerprint ? pending() : mismatch();
      this.#running.set(name, fingerprint);
      const send = await this.#claimed(name, () =>
        this.#handle(request, response, { handle, name, fingerprint }),
      ).finally(() => this.#running.delete(name));
      // Nobody has it any more: who sends the request again at once, to whichever server, gets the answer.
      send();
    };
  }

  /** Does it unless another server does. */
  async #claimed<T>(name: string, handle: () => Promise<T>): Promise<T> {
    const claim = await this.#store.claim(name);
    if (claim === undefined) throw pending();
    try {
      return await handle();
    } finally {
      await claim.release();
    }
  }

  /** Does it, or finds the answer that is kept. Returns what sends the answer. */
  async #handle(
    request: Request,
    response: Response,
    {
      handle,
      name,
      fingerprint,
    }: { readonly handle: Handle; readonly name: string; readonly fingerprint: string },
  ): Promise<() => void> {
    const kept = await this.#store.get(name);
    if (kept !== undefined && kept.request !== fingerprint) throw mismatch();
    if (kept !== undefined) return () => replay(response, kept);
    await this.#store.requireRoom();
    let body: unknown;
    const send = response.json.bind(response);
    response.json = (answer) => {
      body = answer;
      return response;
    };
    await handle(request, response);
    const location = response.get('Location');
    const text = JSON.stringify(body);
    await this.#store.put(String(request.params['collection']), name, {
      request: fingerprint,
      status: response.statusCode,
      ...(location !== undefined && { location }),
      body: text,
    });
    return () => send(body);
  }

  /** The name of a key's file. Clients do not share keys: neither may see the other's answer. */
  #nameOf(request: Request, key: string): string {
    const caller = this.#callers.of(request)?.id ?? '';
    return createHash('sha256')
      .update(JSON.stringify([caller, key]))
      .digest('hex');
  }
}

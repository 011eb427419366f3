import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../log.ts';
import type { Retriever } from '../../retrieval/index.ts';
import type { Readiness } from '../http/readiness.ts';

const pollMs = 100;

/** The open data folder, for work that is done before the server is ready, while it answers already. */
export interface Preparation {
  readonly retriever: Retriever;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
  /** Tells what the server waits for, as `/health/ready` then says: `the pictures (120 of 288, 20 s left)`. */
  tell(waitingFor: string): void;
}

/** Work that is done before a server is ready. */
export type Prepare = (preparation: Preparation) => Promise<void>;

/**
 * Loads the models and indexes that searches need, and reports the progress. An index that falls behind later, as in a
 * large import, does not make the server unready: items that the index lacks are searched exactly, and answers stay right.
 */
export class Loading {
  /** Resolves when models and indexes are loaded; rejects when the default model does not start, or the preparation fails. */
  readonly done: Promise<void>;
  readonly #retriever: Retriever;
  readonly #log: Logger;
  readonly #prepare: Prepare | undefined;
  readonly #stop = new AbortController();
  #state: Readiness = { ready: false, waitingFor: 'the models' };

  constructor(retriever: Retriever, log: Logger, prepare?: Prepare) {
    this.#retriever = retriever;
    this.#log = log;
    this.#prepare = prepare;
    this.done = this.#load();
    this.done.catch((error: unknown) => this.#fail(error));
  }

  /** The state at this moment. */
  get state(): Readiness {
    return this.#state;
  }

  /** Stops loading; from now on the server is not ready. */
  stop(): void {
    this.#stop.abort();
    this.#state = { ready: false, waitingFor: 'the end of its shutdown' };
  }

  async #load(): Promise<void> {
    for (const error of await this.#retriever.warm())
      this.#log.error(`a collection cannot be searched by picture: ${error.message}`);
    const { signal } = this.#stop;
    const tell = (waitingFor: string): void => {
      if (!signal.aborted) this.#state = { ready: false, waitingFor };
    };
    await this.#prepare?.({ retriever: this.#retriever, signal, tell });
    for (let building = await this.#building(); building !== ''; building = await this.#building()) {
      tell(building);
      await sleep(pollMs, undefined, { signal });
    }
    if (!signal.aborted) this.#state = { ready: true };
  }

  async #building(): Promise<string> {
    const collections = await this.#retriever.gallery.collections();
    return collections
      .filter(({ index }) => index.state === 'building')
      .map(({ name, index, items }) => `the index of ${name} (${index.indexed} of ${items})`)
      .join(', ');
  }

  #fail(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    const { message } = error as Error;
    this.#state = { ready: false, waitingFor: `what cannot be loaded (${message})` };
    this.#log.error(`the server does not become ready: ${message}`);
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';

/** The longest that the event loop waits for a search, besides single runs of a graph, in milliseconds. */
const longestTurn = 25;

/** Lets others have their turn, and ends the search when its signal says so. */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** To be called between pieces of work. Throws the signal's reason once it is aborted. */
  async breathe(): Promise<void> {
    if (performance.now() - this.#since < longestTurn) return;
    this.#signal?.throwIfAborted();
    await nextTurn();
    this.#signal?.throwIfAborted();
    this.#since = performance.now();
  }
}

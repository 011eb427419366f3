import { setImmediate as nextTurn } from 'node:timers/promises';

/** The longest that the event loop waits for a search, besides single runs of a graph, in milliseconds. */
const longestTurn = 25;

/** Gives the event loop its turn during long computations, and ends them when a signal aborts. */
export class Yielder {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /**
   * Yields to the event loop if the last time was 25 ms ago or more. Call it between pieces of work.
   * @throws The reason of the signal once it is aborted.
   */
  async yieldIfDue(): Promise<void> {
    if (performance.now() - this.#since < longestTurn) return;
    this.#signal?.throwIfAborted();
    await nextTurn();
    this.#signal?.throwIfAborted();
    this.#since = performance.now();
  }
}

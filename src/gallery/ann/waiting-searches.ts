import type { Neighbour } from '../../vectors/index.ts';
import type { HnswIndex } from './hnsw-index.ts';

/** Searches per thread and call: a call takes all cores, and nobody is answered meanwhile. */
const searchesPerThread = 4;

/** A search for the `k` nearest at a width of `ef`. */
export interface IndexQuery {
  readonly index: HnswIndex;
  readonly query: Float32Array;
  readonly k: number;
  readonly ef: number;
}

interface Waiting extends IndexQuery {
  answer?: { readonly found: Neighbour[] | undefined };
}

/** A search that yields while it waits, and ends with what it found, or undefined if it failed. */
export type Waited = Generator<void, Neighbour[] | undefined>;

/** Searches an index for several queries at once; undefined if that fails. */
export type SearchAtOnce = (
  index: HnswIndex,
  queries: readonly Float32Array[],
  k: number,
  ef: number,
) => Neighbour[][] | undefined;

/**
 * Searches that wait for the end of the turn in which they came, to be done on all cores by one call. Where an engine searches
 * on one thread, they do not wait.
 */
export class WaitingSearches {
  readonly #search: SearchAtOnce;
  #waiting: Waiting[] = [];

  constructor(search: SearchAtOnce) {
    this.#search = search;
  }

  /** Finds the nearest; undefined if that fails. Yields while it waits for others. */
  *nearest(query: IndexQuery): Waited {
    const waiting: Waiting = { ...query };
    this.#waiting.push(waiting);
    try {
      if (query.index.threads > 1) yield;
      while (waiting.answer === undefined) {
        this.#searchNext();
        if (waiting.answer === undefined) yield;
      }
      return (waiting.answer as { found: Neighbour[] | undefined }).found;
    } finally {
      // Given up while it waited.
      if (waiting.answer === undefined) this.#waiting = this.#waiting.filter((one) => one !== waiting);
    }
  }

  /** Does those that can be done with the one that has waited longest. */
  #searchNext(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const { index } = first;
    const width = Math.max(first.k, first.ef);
    const together = this.#waiting
      .filter((one) => one.index === index && Math.max(one.k, one.ef) === width)
      .slice(0, searchesPerThread * index.threads);
    this.#waiting = this.#waiting.filter((one) => !together.includes(one));
    const k = Math.max(...together.map((one) => one.k));
    const found = this.#search(
      index,
      together.map(({ query }) => query),
      k,
      width,
    );
    for (const [i, one] of together.entries()) one.answer = { found: found?.[i]?.slice(0, one.k) };
  }
}

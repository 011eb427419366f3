import type { SearchAnswer, SearchOptions } from '../../engine/index.ts';
import type { Sliced } from '../../threads/index.ts';
import { nearestOf } from '../memory/exact-scan.ts';
import type { VectorMemory } from '../memory/vector-memory.ts';
import { type SearchTarget, search } from './search.ts';

/** Searches for one answer: what is nearest is not replaced each time, however much is written. */
const mostSearches = 4;
/** Milliseconds for which a search that was overtaken keeps writes out. */
const undisturbedMs = 20;

/**
 * Finds the nearest items, as `search`, and once more where items were written meanwhile that may belong to the answer: one that is
 * replaced between two slices is no more in its old place, and not in its new one yet.
 * @param targetNow returns the collection as it is
 * @throws as `search`.
 */
export function* settledSearch(
  targetNow: () => SearchTarget,
  query: Float32Array,
  options: SearchOptions,
): Sliced<SearchAnswer> {
  for (let left = mostSearches; ; left -= 1) {
    const target = targetNow();
    // Those of this search, also when others have taken their place by its end.
    const vectors = target.memory.vectorsOf(target.space);
    const { lastSequence } = vectors.table;
    const work = search(target, query, options);
    const answer = yield* left === mostSearches ? work : undisturbed(work);
    if (left === 1 || !(yield* isOvertaken(answer, lastSequence, vectors, query, options))) return answer;
  }
}

/** True if something was written above a sequence number that is as near as the last of the answers. */
function* isOvertaken(
  { hits, next }: SearchAnswer,
  lastSequence: number,
  vectors: VectorMemory,
  query: Float32Array,
  { k }: SearchOptions,
): Sliced<boolean> {
  const written = vectors.table.sequencesAfter(lastSequence, Number.POSITIVE_INFINITY);
  if (written.length === 0) return false;
  const isFull = next !== null || hits.length === k;
  const limit = isFull ? (hits.at(-1)?.distance ?? 0) : Number.POSITIVE_INFINITY;
  const near = yield* nearestOf(vectors, written, { vector: query, choice: vectors.space });
  return near.some(({ distance }) => distance <= limit);
}

/** Does work in slices of some length, which ends only where it waits for another thread. */
function* undisturbed<T>(work: Sliced<T>): Sliced<T> {
  for (let end = performance.now() + undisturbedMs; ; ) {
    const { done, value } = work.next();
    if (done === true) return value;
    if (!(value instanceof Promise) && performance.now() < end) continue;
    yield value;
    end = performance.now() + undisturbedMs;
  }
}

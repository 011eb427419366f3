import { distanceFrom, TopK } from '../../vectors/index.ts';
import type { LabelledVectors, MetricChoice } from '../types.ts';
import type { Search } from './time-queries.ts';

/** Makes a search that compares `overFetch` times as many candidates of another search by their true distances, as a collection does. */
export function rescored(
  { vectors, dimension }: LabelledVectors,
  choice: MetricChoice,
  candidates: Search,
  overFetch: number,
): Search {
  return (vector, k) => {
    const distance = distanceFrom(vector, choice);
    const best = new TopK(k);
    for (const { sequence: row } of candidates(vector, overFetch * k))
      best.offer(row, distance(vectors, row * dimension));
    return best.sorted();
  };
}

import { distanceFrom, TopK } from '../../vectors/index.ts';
import type { LabelledVectors, MetricChoice } from '../types.ts';
import type { Search } from './time-queries.ts';

/** Makes the search that compares a query with every item by true distance, as a collection does. */
export function scanOf(items: LabelledVectors, choice: MetricChoice): Search {
  return (vector, k) => nearestOf(items.ids.keys(), items, choice, vector, k);
}

/** Makes a search that compares `overFetch` times as many candidates of another search by their true distances, as a collection does. */
export function rescored(
  items: LabelledVectors,
  choice: MetricChoice,
  candidates: Search,
  overFetch: number,
): Search {
  return (vector, k) => {
    const rows = candidates(vector, overFetch * k).map(({ sequence }) => sequence);
    return nearestOf(rows, items, choice, vector, k);
  };
}

function nearestOf(
  rows: Iterable<number>,
  { vectors, dimension }: LabelledVectors,
  choice: MetricChoice,
  query: Float32Array,
  k: number,
): ReturnType<Search> {
  const distance = distanceFrom(query, choice);
  const best = new TopK(k);
  for (const row of rows) best.offer(row, distance(vectors, row * dimension));
  return best.sorted();
}

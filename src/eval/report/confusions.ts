import { type AccumulatedMeasures, noItem } from '../../metrics/index.ts';
import type { LabelledVectors } from '../types.ts';
import type { Confusion } from './label-schema.ts';

const byCount = (a: Confusion, b: Confusion): number =>
  b.queries - a.queries || (a.label < b.label ? -1 : a.label > b.label ? 1 : a.as < b.as ? -1 : 1);

/**
 * Counts the queries whose nearest item has another label, by both labels, the most frequent pair first. Lone queries,
 * which cannot find theirs, are left out.
 * @param most Pairs to return.
 */
export function confusionsOf(
  queries: LabelledVectors,
  items: LabelledVectors,
  { nearest, firstRelevant }: AccumulatedMeasures,
  most: number,
): Confusion[] {
  const counts = new Map<string, Map<string, number>>();
  for (const [query, label] of queries.labels.entries()) {
    const row = nearest.rows[query * nearest.count] ?? noItem;
    const as = items.labels[row];
    if (as === undefined || as === label || firstRelevant[query] === 0) continue;
    const others = counts.get(label) ?? new Map<string, number>();
    counts.set(label, others.set(as, (others.get(as) ?? 0) + 1));
  }
  const all = [...counts].flatMap(([label, others]) =>
    Array.from(others, ([as, count]) => ({ label, as, queries: count })),
  );
  return all.sort(byCount).slice(0, most);
}

import fc from 'fast-check';
import type { Ranking } from '../../../src/eval/types.ts';
import type { MarkedRanking } from '../../../src/metrics/index.ts';
import { rankAll } from './reference.ts';

/** Points on a line, few places, few labels: duplicates, lone queries and ties abound. */
export const lines: fc.Arbitrary<{ at: number; label: string }[]> = fc.array(
  fc.record({ at: fc.nat(4), label: fc.constantFrom('a', 'b', 'c', 'd') }),
  {
    minLength: 1,
    maxLength: 12,
  },
);
/** The ranking of the whole line. */
export const ranked = (points: readonly { at: number }[], query: number, leave: number): Ranking =>
  rankAll(
    'l2',
    query,
    [points[query]?.at ?? 0],
    points.map(({ at }) => [at]),
    leave,
  );
/** A marked ranking as plain data. */
export const plain = ({ isRelevant, distances, relevantCount }: MarkedRanking): unknown => ({
  isRelevant: Array.from(isRelevant, Number),
  distances: Array.from(distances),
  relevantCount,
});

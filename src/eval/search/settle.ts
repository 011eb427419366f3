import type { Ranking } from '../types.ts';
import type { Ranker } from './ranker.ts';
import type { Reach } from './reach.ts';

/** What is asked of a ranking, and who computes it. */
export interface Asked {
  readonly depth: number;
  readonly self: boolean;
  readonly reach: Reach;
  readonly ranker: Ranker;
}

type Test = ((row: number) => boolean) | undefined;

/**
 * The ranking of a query out of its best `rows` with their `scores` (best first), or undefined when items that are not
 * among them may belong to it. `margin` bounds the scores' errors.
 *
 * The item at place `depth` is at least as near as the score there says, less the margin; what is as near as that has at
 * worst a score lower by the margin again. So no item with a score below that by twice the margin is in the ranking.
 */
export function settleBest(
  asked: Asked,
  query: number,
  best: { readonly rows: Int32Array; readonly scores: Float32Array },
  margin: number,
): Ranking | undefined {
  const test = asked.reach.testFor(query);
  const { rows, scores } = best;
  const own = asked.self ? rows.indexOf(query) : -1;
  const place = asked.depth - 1 + (own >= 0 && own < asked.depth ? 1 : 0);
  const deep = scores[place] ?? Number.NEGATIVE_INFINITY;
  const near = test === undefined ? Number.POSITIVE_INFINITY : bestScore(rows, scores, test);
  const threshold = Math.min(deep, near) - 2 * margin;
  // What is not among the best has no better score than the last of them.
  if (!(threshold > (scores.at(-1) ?? Number.NaN))) return undefined;
  return choose(asked, query, scores, threshold, test, (at) => rows[at] ?? 0);
}

/** The ranking of a query out of its scores with the whole gallery, row by row. */
export function settleAll(asked: Asked, query: number, scores: Float32Array, margin: number): Ranking {
  const sorted = scores.slice();
  // The query leaves; as the worst it stands where nobody asks.
  if (asked.self) sorted[query] = Number.NEGATIVE_INFINITY;
  const deep = sorted.sort()[scores.length - asked.depth] ?? Number.NEGATIVE_INFINITY;
  const near = asked.reach
    .rowsFor(query)
    .reduce((most, row) => Math.max(most, scores[row] ?? Number.NaN), Number.NEGATIVE_INFINITY);
  const test = asked.reach.testFor(query);
  const threshold = Math.min(deep, test === undefined ? Number.POSITIVE_INFINITY : near) - 2 * margin;
  return choose(asked, query, scores, threshold, test, (at) => at);
}

function bestScore(rows: Int32Array, scores: Float32Array, test: (row: number) => boolean): number {
  const at = rows.findIndex(test);
  return at < 0 ? Number.NEGATIVE_INFINITY : (scores[at] ?? Number.NaN);
}

/** Ranks what may be near enough. Not a number is no reason to leave an item out. */
function choose(
  { self, depth, ranker }: Asked,
  query: number,
  scores: Float32Array,
  threshold: number,
  test: Test,
  rowAt: (at: number) => number,
): Ranking {
  const rows: number[] = [];
  for (let at = 0; at < scores.length; at += 1) {
    const row = rowAt(at);
    if (!((scores[at] as number) < threshold) && !(self && row === query)) rows.push(row);
  }
  return ranker.rank(query, rows, depth, test);
}

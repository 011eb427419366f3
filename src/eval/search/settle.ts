import type { Ranking } from '../types.ts';
import type { Ranker } from './ranker.ts';
import type { Reach } from './reach.ts';
import { select } from './select.ts';
import type { Best } from './shortlist.ts';

/** What is asked of a ranking, and who computes it. */
export interface Asked {
  readonly depth: number;
  readonly self: boolean;
  readonly reach: Reach;
  readonly ranker: Ranker;
}

/**
 * The ranking of a query out of its best items, or undefined when others may belong to it. `margin` bounds the scores'
 * errors.
 *
 * The item at place `depth` is at least as near as the score there says, less the margin; what is as near as that has at
 * worst a score lower by the margin again. So no item with a score below that by twice the margin is in the ranking.
 */
export function settleBest(asked: Asked, query: number, best: Best, margin: number): Ranking | undefined {
  if (margin === Number.POSITIVE_INFINITY) return undefined;
  const { scores, rows, floor } = best;
  const test = asked.reach.testFor(query);
  const own = asked.self ? rows.indexOf(query) : -1;
  let near = test === undefined ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  if (test !== undefined)
    for (let at = 0; at < rows.length; at += 1)
      if ((scores[at] as number) > near && test(rows[at] as number)) near = scores[at] as number;
  const threshold = Math.min(scoreAt(scores, own, asked.depth), near) - 2 * margin;
  if (!(threshold > floor)) return undefined;
  return choose(asked, query, scores, threshold, (at) => rows[at] as number);
}

/** The ranking of a query out of its scores with the whole gallery, row by row. */
export function settleAll(asked: Asked, query: number, scores: Float32Array, margin: number): Ranking {
  // Scores of which nothing can be said may not even be numbers.
  if (margin === Number.POSITIVE_INFINITY) return choose(asked, query, scores, -margin, (at) => at);
  let near = Number.POSITIVE_INFINITY;
  if (asked.reach.testFor(query) !== undefined) {
    near = Number.NEGATIVE_INFINITY;
    for (const row of asked.reach.rowsFor(query)) near = Math.max(near, scores[row] as number);
  }
  const threshold = Math.min(scoreAt(scores, asked.self ? query : -1, asked.depth), near) - 2 * margin;
  return choose(asked, query, scores, threshold, (at) => at);
}

/** The score at place `depth` (from 1) of the best first, leaving out the one at `own`; the lowest where there are less. */
function scoreAt(scores: Float32Array, own: number, depth: number): number {
  if (depth < 1 || depth > scores.length) return Number.NEGATIVE_INFINITY;
  const parted = scores.slice();
  if (own >= 0) parted[own] = Number.NEGATIVE_INFINITY;
  return select(parted, scores.length - depth);
}

/** Ranks what may be near enough. Not a number is no reason to leave an item out. */
function choose(
  { self, depth, reach, ranker }: Asked,
  query: number,
  scores: Float32Array,
  threshold: number,
  rowAt: (at: number) => number,
): Ranking {
  const rows = new Uint32Array(scores.length);
  let count = 0;
  for (let at = 0; at < scores.length; at += 1) {
    if ((scores[at] as number) < threshold) continue;
    const row = rowAt(at);
    if (!(self && row === query)) rows[count++] = row;
  }
  return ranker.rank(query, rows.subarray(0, count), depth, reach.testFor(query));
}

import type { Ranking } from '../vectors/index.ts';
import { quickselect } from './quickselect.ts';
import type { RankingRequest } from './request.ts';
import type { Candidates } from './top-k-buffer.ts';

/**
 * Ranks the candidates of a query by true distance. Returns undefined if other items may belong to the ranking.
 *
 * The item at place `k` is at least as near as its score says, less the error; an item as near as that one has a
 * score that is lower by the error again at most. So no item with a score below that by twice the error is in the ranking.
 * @param error Bound of the errors of the scores.
 */
export function rerankCandidates(
  request: RankingRequest,
  query: number,
  candidates: Candidates,
  error: number,
): Ranking | undefined {
  if (error === Number.POSITIVE_INFINITY) return undefined;
  const { scores, rows, threshold } = candidates;
  const test = request.required?.mustInclude(query);
  const own = rows.indexOf(request.ownRow(query));
  let near = test === undefined ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  if (test !== undefined)
    for (let at = 0; at < rows.length; at += 1)
      if ((scores[at] as number) > near && test(rows[at] as number)) near = scores[at] as number;
  const lowest = Math.min(scoreAt(scores, own, request.k), near) - 2 * error;
  if (!(lowest > threshold)) return undefined;
  return rankFrom(request, query, scores, lowest, (at) => rows[at] as number);
}

/**
 * Ranks the whole gallery for a query.
 * @param scores Those of all items, `float32[items]`.
 * @param error Bound of the errors of the scores.
 */
export function rerankAll(
  request: RankingRequest,
  query: number,
  scores: Float32Array,
  error: number,
): Ranking {
  // With unbounded errors the scores may not even be numbers.
  if (error === Number.POSITIVE_INFINITY) return rankFrom(request, query, scores, -error, (at) => at);
  let near = Number.POSITIVE_INFINITY;
  if (request.required?.mustInclude(query) !== undefined) {
    near = Number.NEGATIVE_INFINITY;
    for (const row of request.required.rowsFor(query)) near = Math.max(near, scores[row] as number);
  }
  const lowest = Math.min(scoreAt(scores, request.ownRow(query), request.k), near) - 2 * error;
  return rankFrom(request, query, scores, lowest, (at) => at);
}

/** The score at place `k` (from 1), best first, without the one at `own`; -Infinity if there are fewer. */
function scoreAt(scores: Float32Array, own: number, k: number): number {
  if (k > scores.length) return Number.NEGATIVE_INFINITY;
  const parted = scores.slice();
  if (own >= 0) parted[own] = Number.NEGATIVE_INFINITY;
  return quickselect(parted, scores.length - k);
}

/** Ranks the items with a score from `lowest` on. A score that is not a number excludes no item. */
function rankFrom(
  { k, ownRow, required, ranker }: RankingRequest,
  query: number,
  scores: Float32Array,
  lowest: number,
  rowAt: (at: number) => number,
): Ranking {
  const own = ownRow(query);
  const rows = new Uint32Array(scores.length);
  let count = 0;
  for (let at = 0; at < scores.length; at += 1) {
    if ((scores[at] as number) < lowest) continue;
    const row = rowAt(at);
    if (row !== own) rows[count++] = row;
  }
  return ranker.rank(query, rows.subarray(0, count), k, required?.mustInclude(query));
}

import type { Ranking } from '../types.ts';
import { quickselect } from './quickselect.ts';
import type { Ranker } from './ranker.ts';
import type { RequiredNeighbours } from './required-neighbours.ts';
import type { Candidates } from './top-k-buffer.ts';

/** The requirements of every ranking of a search, and the parts that compute it. */
export interface RankingRequest {
  /** Neighbours per query. */
  readonly depth: number;
  /** True in self-retrieval, in which no query finds itself. */
  readonly self: boolean;
  readonly required: RequiredNeighbours;
  readonly ranker: Ranker;
}

/**
 * Ranks the candidates of a query by true distance. Returns undefined if other items may belong to the ranking.
 *
 * The item at place `depth` is at least as near as its score says, less the error; an item as near as that one has a
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
  const test = request.required.mustInclude(query);
  const own = request.self ? rows.indexOf(query) : -1;
  let near = test === undefined ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  if (test !== undefined)
    for (let at = 0; at < rows.length; at += 1)
      if ((scores[at] as number) > near && test(rows[at] as number)) near = scores[at] as number;
  const lowest = Math.min(scoreAt(scores, own, request.depth), near) - 2 * error;
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
  if (request.required.mustInclude(query) !== undefined) {
    near = Number.NEGATIVE_INFINITY;
    for (const row of request.required.rowsFor(query)) near = Math.max(near, scores[row] as number);
  }
  const lowest = Math.min(scoreAt(scores, request.self ? query : -1, request.depth), near) - 2 * error;
  return rankFrom(request, query, scores, lowest, (at) => at);
}

/** The score at place `depth` (from 1), best first, without the one at `own`; -Infinity if there are fewer. */
function scoreAt(scores: Float32Array, own: number, depth: number): number {
  if (depth < 1 || depth > scores.length) return Number.NEGATIVE_INFINITY;
  const parted = scores.slice();
  if (own >= 0) parted[own] = Number.NEGATIVE_INFINITY;
  return quickselect(parted, scores.length - depth);
}

/** Ranks the items with a score from `lowest` on. A score that is not a number excludes no item. */
function rankFrom(
  { self, depth, required, ranker }: RankingRequest,
  query: number,
  scores: Float32Array,
  lowest: number,
  rowAt: (at: number) => number,
): Ranking {
  const rows = new Uint32Array(scores.length);
  let count = 0;
  for (let at = 0; at < scores.length; at += 1) {
    if ((scores[at] as number) < lowest) continue;
    const row = rowAt(at);
    if (!(self && row === query)) rows[count++] = row;
  }
  return ranker.rank(query, rows.subarray(0, count), depth, required.mustInclude(query));
}

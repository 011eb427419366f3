import type { Ranking } from '../vectors/index.ts';
import { type Relevance, relevantTo } from './relevance.ts';

/** The rank (from 1) of the first relevant neighbour of a ranking; 0 if none of them is. */
export function rankOfFirst({ query: labels, gallery }: Relevance, { query, neighbours }: Ranking): number {
  const label = labels[query];
  return neighbours.findIndex((row) => gallery[row] === label) + 1;
}

/** Recall@K of a run. */
export interface Recall {
  /** Queries that count: lone ones, which have no relevant item in the gallery, do not. */
  readonly queries: number;
  /** For each K the share (0 to 1) of these with a relevant item among the K nearest; NaN if none counts. */
  readonly shares: readonly number[];
}

/**
 * Computes Recall@K of rankings, for each K.
 * @param rankings One per query that is to be measured, each of the K nearest or more.
 */
export async function recallAt(
  rankings: AsyncIterable<Ranking> | Iterable<Ranking>,
  relevance: Relevance,
  ks: readonly number[],
): Promise<Recall> {
  const hits = ks.map(() => 0);
  let queries = 0;
  for await (const ranking of rankings) {
    if (relevantTo(relevance, ranking.query) === 0) continue;
    queries += 1;
    const rank = rankOfFirst(relevance, ranking);
    for (const [at, k] of ks.entries()) if (rank > 0 && rank <= k) hits[at] = (hits[at] ?? 0) + 1;
  }
  return { queries, shares: hits.map((count) => count / queries) };
}

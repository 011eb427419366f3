import type { Ranking } from '../vectors/index.ts';
import type { MarkedRanking } from './query-measures.ts';
import { type Relevance, relevantTo } from './relevance.ts';

/** Marks the neighbours at the places that `keep` accepts. */
function markSome(
  relevance: Relevance,
  ranking: Ranking,
  keep: (row: number, at: number) => boolean,
  relevantCount: number,
): MarkedRanking {
  const label = relevance.query[ranking.query];
  const kept = ranking.neighbours.map((_, at) => at).filter((at) => keep(ranking.neighbours[at] ?? 0, at));
  const isRelevant = Uint8Array.from(kept, (at) =>
    Number(relevance.gallery[ranking.neighbours[at] ?? 0] === label),
  );
  return {
    isRelevant,
    distances: Float32Array.from(kept, (at) => ranking.distances[at] ?? 0),
    relevantCount,
  };
}

/**
 * Marks each neighbour of a ranking as relevant or not, by label. In self-retrieval the query itself must not be among
 * its neighbours.
 */
export function markRelevant(relevance: Relevance, ranking: Ranking): MarkedRanking {
  const relevantCount = relevantTo(relevance, ranking.query);
  return markSome(relevance, ranking, () => true, relevantCount);
}

/**
 * Marks a ranking as if the gallery did not have the items in `rows`, such as pictures identical to the query's. The
 * ranking must be longer by the items that it is to lose, and include the first relevant item that stays.
 */
export function markRelevantWithout(
  relevance: Relevance,
  ranking: Ranking,
  rows: ReadonlySet<number>,
): MarkedRanking {
  const label = relevance.query[ranking.query];
  let relevantCount = relevantTo(relevance, ranking.query);
  for (const row of rows)
    if (relevance.gallery[row] === label && !(relevance.self && row === ranking.query)) relevantCount -= 1;
  return markSome(relevance, ranking, (row) => !rows.has(row), relevantCount);
}

/**
 * Marks a ranking under the seed paper's convention. In self-retrieval the *first* neighbour leaves a ranking that still
 * has the query itself (`includeSelf`), whichever it is. If an item equal to the query comes first, the query stays and
 * is found as its own neighbour; R is then R + 1 if the item that left was not relevant. Between a query and a gallery
 * set nothing leaves.
 */
export function markRelevantDropFirst(relevance: Relevance, ranking: Ranking): MarkedRanking {
  if (!relevance.self) return markRelevant(relevance, ranking);
  const first = ranking.neighbours[0] ?? 0;
  const dropped = relevance.gallery[first] === relevance.query[ranking.query] ? 1 : 0;
  const relevantCount = relevantTo(relevance, ranking.query) + 1 - dropped;
  return markSome(relevance, ranking, (_, at) => at > 0, relevantCount);
}

/** Adds the query itself, which is at distance 0, to a ranking that lacks it: in its place by distance, then row. */
export function includeSelf({ query, neighbours, distances }: Ranking): Ranking {
  const further = neighbours.findIndex((row, at) => (distances[at] ?? 0) > 0 || row > query);
  const place = further < 0 ? neighbours.length : further;
  const { length } = neighbours;
  return {
    query,
    neighbours: inserted(neighbours, new Uint32Array(length + 1), place, query),
    distances: inserted(distances, new Float32Array(length + 1), place, 0),
  };
}

/** Fills `longer`, which has one place more, with the values and `value` at `place`. */
function inserted<T extends Uint32Array | Float32Array>(
  values: T,
  longer: T,
  place: number,
  value: number,
): T {
  longer.set(values.subarray(0, place));
  longer[place] = value;
  longer.set(values.subarray(place), place + 1);
  return longer;
}

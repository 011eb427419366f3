import { counted } from '../../text.ts';
import type { Ranking } from '../types.ts';
import type { MarkedRanking } from './query-measures.ts';
import { type Relevance, relevantTo } from './relevance.ts';

function checkOrder({ query, neighbours, distances }: Ranking, items: number): void {
  if (neighbours.length !== distances.length)
    throw new RangeError(
      `Query ${query} has ${neighbours.length} neighbours, but ${distances.length} distances.`,
    );
  for (let at = 0; at < neighbours.length; at += 1) {
    const row = neighbours[at] ?? 0;
    if (row >= items)
      throw new RangeError(
        `Query ${query} has neighbour ${row}, but the gallery has ${counted(items, 'item')}.`,
      );
    if (at > 0 && distances[at] === distances[at - 1] && row <= (neighbours[at - 1] ?? 0))
      throw new RangeError(
        `Neighbours of query ${query} at an equal distance are not ordered by row: see place ${at}.`,
      );
  }
}

/** Marks the neighbours at the places that `keep` accepts. */
function markSome(
  relevance: Relevance,
  ranking: Ranking,
  keep: (row: number, at: number) => boolean,
  relevantCount: number,
): MarkedRanking {
  checkOrder(ranking, relevance.gallery.length);
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

function checkSelf({ self }: Relevance, { query, neighbours }: Ranking, expected: boolean): void {
  if (self && neighbours.includes(query) !== expected)
    throw new RangeError(`Query ${query} is ${expected ? 'not ' : ''}among its own neighbours.`);
}

/**
 * Marks each neighbour of a ranking as relevant or not, by label. In self-retrieval the query itself must not be among
 * its neighbours.
 * @throws RangeError If rows or their order are wrong, or the query is among its own neighbours.
 */
export function markRelevant(relevance: Relevance, ranking: Ranking): MarkedRanking {
  const relevantCount = relevantTo(relevance, ranking.query);
  checkSelf(relevance, ranking, false);
  return markSome(relevance, ranking, () => true, relevantCount);
}

/**
 * Marks a ranking as if the gallery did not have the items in `rows`, such as pictures identical to the query's. The
 * ranking must be longer by the items that it is to lose, and include the first relevant item that stays.
 * @throws RangeError As `markRelevant`.
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
  checkSelf(relevance, ranking, false);
  return markSome(relevance, ranking, (row) => !rows.has(row), relevantCount);
}

/**
 * Marks a ranking under the seed paper's convention. In self-retrieval the *first* neighbour leaves a ranking that still
 * has the query itself (`includeSelf`), whichever it is. If an item equal to the query comes first, the query stays and
 * is found as its own neighbour; R is then R + 1 if the item that left was not relevant. Between a query and a gallery
 * set nothing leaves.
 * @throws RangeError As `markRelevant`, or if the query is not in its own ranking.
 */
export function markRelevantDropFirst(relevance: Relevance, ranking: Ranking): MarkedRanking {
  if (!relevance.self) return markRelevant(relevance, ranking);
  checkSelf(relevance, ranking, true);
  const first = ranking.neighbours[0] ?? 0;
  const dropped = relevance.gallery[first] === relevance.query[ranking.query] ? 1 : 0;
  const relevantCount = relevantTo(relevance, ranking.query) + 1 - dropped;
  return markSome(relevance, ranking, (_, at) => at > 0, relevantCount);
}

/**
 * Adds the query itself to a ranking, in its place by distance, then row.
 * @param distance Distance of the query to itself. Default 0.
 * @throws RangeError If the query is in the ranking already or `distance` is not a number.
 */
export function includeSelf({ query, neighbours, distances }: Ranking, distance = 0): Ranking {
  if (Number.isNaN(distance)) throw new RangeError(`Query ${query} has no distance to itself.`);
  if (neighbours.includes(query)) throw new RangeError(`Query ${query} is among its own neighbours.`);
  const own = Math.fround(distance);
  const after = (row: number, at: number): boolean => {
    const other = distances[at] ?? 0;
    return other > own || (other === own && row > query);
  };
  const found = neighbours.findIndex(after);
  const place = found < 0 ? neighbours.length : found;
  const longer = new Uint32Array(neighbours.length + 1);
  longer.set(neighbours.subarray(0, place));
  longer[place] = query;
  longer.set(neighbours.subarray(place), place + 1);
  const further = new Float32Array(longer.length);
  further.set(distances.subarray(0, place));
  further[place] = own;
  further.set(distances.subarray(place), place + 1);
  return { query, neighbours: longer, distances: further };
}

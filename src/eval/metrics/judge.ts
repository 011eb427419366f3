import type { Ranking } from '../types.ts';
import { type Relevance, relevantTo } from './relevance.ts';
import type { JudgedRanking } from './score-query.ts';

function checkOrder({ query, neighbours, distances }: Ranking, items: number): void {
  if (neighbours.length !== distances.length)
    throw new RangeError(
      `query ${query} has ${neighbours.length} neighbours, but ${distances.length} distances`,
    );
  for (let at = 0; at < neighbours.length; at += 1) {
    const row = neighbours[at] ?? 0;
    if (row >= items) throw new RangeError(`query ${query} has neighbour ${row}, the gallery ${items} items`);
    if (at > 0 && distances[at] === distances[at - 1] && row <= (neighbours[at - 1] ?? 0))
      throw new RangeError(`query ${query}: neighbours at an equal distance are not ordered by row at ${at}`);
  }
}

/** Judges the neighbours at the places that `keep` says; R is the caller's. */
function judgeSome(
  relevance: Relevance,
  ranking: Ranking,
  keep: (row: number, at: number) => boolean,
  relevantCount: number,
): JudgedRanking {
  checkOrder(ranking, relevance.gallery.length);
  const label = relevance.query[ranking.query];
  const kept = ranking.neighbours.map((_, at) => at).filter((at) => keep(ranking.neighbours[at] ?? 0, at));
  const relevant = Uint8Array.from(kept, (at) =>
    Number(relevance.gallery[ranking.neighbours[at] ?? 0] === label),
  );
  return { relevant, distances: Float32Array.from(kept, (at) => ranking.distances[at] ?? 0), relevantCount };
}

function checkSelf({ self }: Relevance, { query, neighbours }: Ranking, expected: boolean): void {
  if (self && neighbours.includes(query) !== expected)
    throw new RangeError(`query ${query} is ${expected ? 'not ' : ''}among its own neighbours`);
}

/**
 * The ranking with each neighbour judged by label; the query's own row must have left it before.
 * @throws RangeError when rows or their order are wrong, or when the query is among its own neighbours.
 */
export function judge(relevance: Relevance, ranking: Ranking): JudgedRanking {
  const relevantCount = relevantTo(relevance, ranking.query);
  checkSelf(relevance, ranking, false);
  return judgeSome(relevance, ranking, () => true, relevantCount);
}

/**
 * As `judge`, as if the gallery did not have the items in `rows`, such as pictures identical to the query's. The ranking
 * should be longer by as many as it is to lose, and reach to the first relevant item that stays.
 */
export function judgeWithout(
  relevance: Relevance,
  ranking: Ranking,
  rows: ReadonlySet<number>,
): JudgedRanking {
  const label = relevance.query[ranking.query];
  let relevantCount = relevantTo(relevance, ranking.query);
  for (const row of rows)
    if (relevance.gallery[row] === label && !(relevance.self && row === ranking.query)) relevantCount -= 1;
  checkSelf(relevance, ranking, false);
  return judgeSome(relevance, ranking, (row) => !rows.has(row), relevantCount);
}

/**
 * The ranking under the paper's convention. In self-retrieval the *first* neighbour leaves, whichever it is, of a ranking
 * that still has the query itself (`includeSelf`); where an item equal to the query comes first, the query stays and is
 * found as its own neighbour. Then R is what stays: R + 1 where the item that left was not relevant. Between a query and
 * a gallery set nothing leaves.
 * @throws RangeError as `judge`, or when the query is not in its own ranking.
 */
export function judgeDropFirst(relevance: Relevance, ranking: Ranking): JudgedRanking {
  if (!relevance.self) return judge(relevance, ranking);
  checkSelf(relevance, ranking, true);
  const first = ranking.neighbours[0] ?? 0;
  const dropped = relevance.gallery[first] === relevance.query[ranking.query] ? 1 : 0;
  const relevantCount = relevantTo(relevance, ranking.query) + 1 - dropped;
  return judgeSome(relevance, ranking, (_, at) => at > 0, relevantCount);
}

/**
 * The ranking with the query itself in its place by distance, then row.
 * @param distance What search computes between the query and itself: 0 for L2, about 0 for cosine.
 * @throws RangeError when the query is in it already or its distance is not a number.
 */
export function includeSelf({ query, neighbours, distances }: Ranking, distance = 0): Ranking {
  if (Number.isNaN(distance)) throw new RangeError(`query ${query} has no distance to itself`);
  if (neighbours.includes(query)) throw new RangeError(`query ${query} is among its own neighbours`);
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

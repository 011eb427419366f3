import { type FigurePlan, figuresOfRanks } from './figures.ts';

/** One query's ranking, told as what matters to the figures. */
export interface JudgedRanking {
  /** Of each neighbour, nearest first, whether it is relevant (1 or true) or not. */
  readonly relevant: ArrayLike<number | boolean>;
  /** Its distances, ascending, as many; neighbours at an equal distance are tied, and all of a tie must be here. */
  readonly distances: ArrayLike<number>;
  /** R: how many items of the whole gallery are relevant, those beyond the end of the ranking included. */
  readonly relevantCount: number;
}

/** The figures of one query under three orders of its ties, each in the order of the plan's names. */
export interface QueryScore {
  readonly relevantCount: number;
  /** Ties in the order given, which is by id. */
  readonly stable: Float64Array;
  /** Relevant items first within every tie: no order of the ties gives more. */
  readonly optimistic: Float64Array;
  /** Relevant items last within every tie: no order of the ties gives less. */
  readonly pessimistic: Float64Array;
  /** Whether some figure depends on the order of the ties. */
  readonly tied: boolean;
}

function checkDistances({ relevant, distances }: JudgedRanking): void {
  if (relevant.length !== distances.length)
    throw new RangeError(`${relevant.length} neighbours are judged, but ${distances.length} have a distance`);
  let before = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < distances.length; at += 1) {
    const distance = distances[at] ?? Number.NaN;
    if (Number.isNaN(distance)) throw new RangeError(`the distance of neighbour ${at} is not a number`);
    if (distance < before)
      throw new RangeError(`distances do not ascend: ${distance} of neighbour ${at} comes after ${before}`);
    before = distance;
  }
}

interface Orders {
  readonly stable: number[];
  readonly optimistic: number[];
  readonly pessimistic: number[];
}

/** The ranks (from 1) of the relevant neighbours under the three orders. */
function ranksOf({ relevant, distances }: JudgedRanking): Orders {
  const orders: Orders = { stable: [], optimistic: [], pessimistic: [] };
  for (let start = 0, end = 0; start < distances.length; start = end) {
    const before = orders.stable.length;
    for (; end < distances.length && distances[end] === distances[start]; end += 1)
      if (relevant[end]) orders.stable.push(end + 1);
    const hits = orders.stable.length - before;
    for (let hit = 1; hit <= hits; hit += 1) {
      orders.optimistic.push(start + hit);
      orders.pessimistic.push(end - hits + hit);
    }
  }
  return orders;
}

/** What lies beyond the end of the ranking must not matter. */
function checkReach(length: number, found: number, relevantCount: number, deepest: number): void {
  if (!Number.isSafeInteger(relevantCount) || relevantCount < 0)
    throw new RangeError(`relevantCount must be a whole number from 0, not ${relevantCount}`);
  if (found > relevantCount)
    throw new RangeError(`the ranking has ${found} relevant items, but the gallery only ${relevantCount}`);
  if (found === relevantCount) return;
  if (found === 0) throw new RangeError('the ranking ends before the first relevant item');
  const needed = Math.max(deepest, relevantCount);
  if (length < needed)
    throw new RangeError(`the ranking has ${length} neighbours, the figures need ${needed}`);
}

const differ = (a: Float64Array, b: Float64Array): boolean => a.some((value, at) => value !== b[at]);

/**
 * The figures of one query; undefined for a lone one, to which nothing in the gallery is relevant.
 *
 * The ranking may end early where that changes nothing: once it holds all relevant items, or else when it reaches to the
 * first relevant one and is as long as the largest K and R.
 * @throws RangeError when there are fewer or more distances than neighbours, when distances are not ascending numbers,
 * when more items are relevant than `relevantCount` says, or when the ranking ends too early.
 */
export function scoreQuery(ranking: JudgedRanking, plan: FigurePlan): QueryScore | undefined {
  checkDistances(ranking);
  const { relevantCount } = ranking;
  const ranks = ranksOf(ranking);
  checkReach(ranking.distances.length, ranks.stable.length, relevantCount, plan.deepest);
  if (relevantCount === 0) return undefined;
  const stable = figuresOfRanks(ranks.stable, relevantCount, plan);
  const optimistic = figuresOfRanks(ranks.optimistic, relevantCount, plan);
  const pessimistic = figuresOfRanks(ranks.pessimistic, relevantCount, plan);
  const tied = differ(stable, optimistic) || differ(stable, pessimistic);
  return { relevantCount, stable, optimistic, pessimistic, tied };
}

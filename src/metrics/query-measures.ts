import { checkWhole } from '../arguments.ts';
import { counted } from '../text.ts';
import { type MeasureList, measuresOfRanks } from './measures.ts';

/** The ranking of one query with each neighbour marked as relevant or not. */
export interface MarkedRanking {
  /** For each neighbour, nearest first, whether it is relevant (1 or true). */
  readonly isRelevant: ArrayLike<number | boolean>;
  /** Their distances, ascending. Neighbours at an equal distance are tied; a tie must be complete. */
  readonly distances: ArrayLike<number>;
  /** R: relevant items of the whole gallery, also those beyond the end of the ranking. */
  readonly relevantCount: number;
}

/** The measures of one query under three orders of its ties, in the order of the names of the list. */
export interface QueryMeasures {
  readonly relevantCount: number;
  /** Ties in the given order, which is by id. */
  readonly stable: Float64Array;
  /** Relevant items first within every tie: no order of ties gives more. */
  readonly optimistic: Float64Array;
  /** Relevant items last within every tie: no order of ties gives less. */
  readonly pessimistic: Float64Array;
  /** True if a measure depends on the order of ties. */
  readonly tied: boolean;
}

interface Orders {
  readonly stable: number[];
  readonly optimistic: number[];
  readonly pessimistic: number[];
}

/** The ranks (from 1) of the relevant neighbours under the three orders. */
function ranksOf({ isRelevant, distances }: MarkedRanking): Orders {
  const orders: Orders = { stable: [], optimistic: [], pessimistic: [] };
  for (let start = 0, end = 0; start < distances.length; start = end) {
    const before = orders.stable.length;
    for (; end < distances.length && distances[end] === distances[start]; end += 1)
      if (isRelevant[end]) orders.stable.push(end + 1);
    const hits = orders.stable.length - before;
    for (let hit = 1; hit <= hits; hit += 1) {
      orders.optimistic.push(start + hit);
      orders.pessimistic.push(end - hits + hit);
    }
  }
  return orders;
}

/** Checks that items beyond the end of the ranking cannot change a measure. */
function checkLength(length: number, found: number, relevantCount: number, deepest: number): void {
  checkWhole('relevantCount', relevantCount, { from: 0 });
  if (found > relevantCount)
    throw new RangeError(
      `The ranking has ${counted(found, 'relevant item')}, but the gallery only ${relevantCount}.`,
    );
  if (found === relevantCount) return;
  if (found === 0) throw new RangeError('The ranking ends before the first relevant item.');
  const needed = Math.max(deepest, relevantCount);
  if (length < needed)
    throw new RangeError(`The ranking has ${length} neighbours, but the measures need ${needed}.`);
}

const differ = (a: Float64Array, b: Float64Array): boolean => a.some((value, at) => value !== b[at]);

/**
 * Computes the measures of one query. Returns undefined for a lone one, which has no relevant item in the gallery.
 *
 * The ranking may end early if that changes no measure: when it holds all relevant items, or when it includes the first
 * relevant one and is as long as the largest K and R.
 * @throws RangeError If more items are relevant than `relevantCount` says, or if the ranking ends too early.
 */
export function measureQuery(ranking: MarkedRanking, measures: MeasureList): QueryMeasures | undefined {
  const { relevantCount } = ranking;
  const ranks = ranksOf(ranking);
  checkLength(ranking.distances.length, ranks.stable.length, relevantCount, measures.deepest);
  if (relevantCount === 0) return undefined;
  const stable = measuresOfRanks(ranks.stable, relevantCount, measures);
  const optimistic = measuresOfRanks(ranks.optimistic, relevantCount, measures);
  const pessimistic = measuresOfRanks(ranks.pessimistic, relevantCount, measures);
  const tied = differ(stable, optimistic) || differ(stable, pessimistic);
  return { relevantCount, stable, optimistic, pessimistic, tied };
}

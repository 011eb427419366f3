import { mixSeed, randomNumbers } from '../../random.ts';
import { distanceFrom, rowOf } from '../../vectors/index.ts';
import type { LabelledVectors, MetricChoice } from '../types.ts';
import type { DistanceHistogram } from './evaluation-schema.ts';
import { groupByLabel } from './label-measures.ts';

const pairs = 20_000;
const bins = 40;

/** Rows of a query and of a gallery item. */
interface Pair {
  readonly query: number;
  readonly item: number;
}

/** Draws distances of pairs. If `draw` finds no pair it is called again, a bounded number of times. */
function drawDistances(draw: () => Pair | undefined, between: (pair: Pair) => number): number[] {
  const distances: number[] = [];
  for (let attempt = 0; attempt < 2 * pairs && distances.length < pairs; attempt += 1) {
    const pair = draw();
    if (pair !== undefined) distances.push(between(pair));
  }
  return distances;
}

function shares(distances: readonly number[], edges: readonly number[]): number[] {
  if (distances.length === 0) return [];
  const low = edges[0] ?? 0;
  const width = (edges[1] ?? 1) - low;
  const counts = new Array<number>(bins).fill(0);
  for (const value of distances) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((value - low) / width)));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.map((count) => count / distances.length);
}

/** Edges of equal bins from the least to the largest distance. */
function edgesOf(distances: readonly number[]): number[] {
  const low = distances.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = distances.reduce((most, value) => Math.max(most, value), low);
  const width = (high - low || 1) / bins;
  return Array.from({ length: bins + 1 }, (_, at) => low + at * width);
}

/** Draws pairs of equal and of different labels. */
function pairDrawers(queries: LabelledVectors, gallery: LabelledVectors | undefined, seed: number) {
  const items = gallery ?? queries;
  const groups = groupByLabel(items.labels, items.labels.keys());
  const random = randomNumbers(mixSeed(seed, 1));
  const below = (count: number): number => Math.floor(random() * count);
  return {
    positive(): Pair | undefined {
      const query = below(queries.labels.length);
      const group = groups.get(queries.labels[query] ?? '') ?? [];
      const item = group[below(group.length)];
      const isPair = item !== undefined && (gallery !== undefined || query !== item);
      return isPair ? { query, item } : undefined;
    },
    negative(): Pair | undefined {
      const query = below(queries.labels.length);
      const item = below(items.labels.length);
      return queries.labels[query] === items.labels[item] ? undefined : { query, item };
    },
  };
}

/**
 * Computes the histogram of the distances of up to 20,000 drawn pairs with equal labels and as many with different ones,
 * in 40 bins.
 * @param gallery Undefined: pairs of two queries.
 * @param seed Seed of the draws, uint32.
 */
export function distanceHistogram(
  queries: LabelledVectors,
  gallery: LabelledVectors | undefined,
  choice: MetricChoice,
  seed = 0,
): DistanceHistogram {
  const items = gallery ?? queries;
  const { positive, negative } = pairDrawers(queries, gallery, seed);
  const between = ({ query, item }: Pair): number =>
    distanceFrom(rowOf(queries, query), choice)(items.vectors, item * items.dimension);
  const same = drawDistances(positive, between);
  const other = drawDistances(negative, between);
  const edges = edgesOf([...same, ...other]);
  return { edges, positive: shares(same, edges), negative: shares(other, edges) };
}

import { mixSeed, randomNumbers } from '../random.ts';
import { rowOf } from './search/space.ts';
import type { LabelledVectors, Metric } from './types.ts';

/** How distances between equal and between different labels are spread: shares of pairs by distance. */
export interface DistanceHistogram {
  /** Borders of the bins, one more than there are bins. */
  readonly edges: readonly number[];
  /** Shares (they sum to 1) of pairs of a query and a gallery item of its label; empty where there is none. */
  readonly positive: readonly number[];
  /** The same of other labels. */
  readonly negative: readonly number[];
}

const pairs = 20_000;
const bins = 40;

function distance(a: Float32Array, b: Float32Array, metric: Metric): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let at = 0; at < a.length; at += 1) {
    const [x, y] = [a[at] ?? 0, b[at] ?? 0];
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return metric === 'cosine' ? 1 - dot / Math.sqrt(aa * bb) : Math.sqrt(Math.max(0, aa - 2 * dot + bb));
}

function rowsByLabel({ labels }: LabelledVectors): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [row, label] of labels.entries()) {
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [row]);
    else group.push(row);
  }
  return groups;
}

/** Distances of drawn pairs. A draw that is no pair of the kind is drawn again, a bounded number of times. */
function drawn(
  draw: () => readonly [number, number] | undefined,
  at: (pair: readonly [number, number]) => number,
) {
  const distances: number[] = [];
  for (let attempt = 0; attempt < 2 * pairs && distances.length < pairs; attempt += 1) {
    const pair = draw();
    if (pair !== undefined) distances.push(at(pair));
  }
  return distances;
}

function shares(distances: readonly number[], edges: readonly number[]): number[] {
  if (distances.length === 0) return [];
  const [low, width] = [edges[0] ?? 0, (edges[1] ?? 1) - (edges[0] ?? 0)];
  const counts = new Array<number>(bins).fill(0);
  for (const value of distances) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((value - low) / width)));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.map((count) => count / distances.length);
}

/**
 * Distances of up to 20,000 drawn pairs of equal labels and as many of different ones.
 * @param gallery Without, pairs of two queries.
 */
export function distanceHistogram(
  queries: LabelledVectors,
  gallery: LabelledVectors | undefined,
  metric: Metric,
  seed = 0,
): DistanceHistogram {
  const items = gallery ?? queries;
  const groups = rowsByLabel(items);
  const random = randomNumbers(mixSeed(seed, 1));
  const below = (count: number): number => Math.floor(random() * count);
  const isPair = (query: number, row: number): boolean => gallery !== undefined || query !== row;
  const positive = (): readonly [number, number] | undefined => {
    const query = below(queries.labels.length);
    const group = groups.get(queries.labels[query] ?? '') ?? [];
    const row = group[below(group.length)];
    return row === undefined || !isPair(query, row) ? undefined : [query, row];
  };
  const negative = (): readonly [number, number] | undefined => {
    const [query, row] = [below(queries.labels.length), below(items.labels.length)];
    return queries.labels[query] === items.labels[row] ? undefined : [query, row];
  };
  const between = ([query, row]: readonly [number, number]): number =>
    distance(rowOf(queries, query), rowOf(items, row), metric);
  const [same, other] = [drawn(positive, between), drawn(negative, between)];
  const all = [...same, ...other];
  const low = all.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = all.reduce((most, value) => Math.max(most, value), low);
  const width = (high - low || 1) / bins;
  const edges = Array.from({ length: bins + 1 }, (_, at) => low + at * width);
  return { edges, positive: shares(same, edges), negative: shares(other, edges) };
}

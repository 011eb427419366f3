import type { Metric, Ranking } from '../../../src/eval/types.ts';
import type { MeasureList } from '../../../src/metrics/index.ts';
import { randomNumbers } from '../../../src/random.ts';

const isHit = (hits: readonly boolean[], rank: number): boolean => hits[rank - 1] ?? false;
const ranksTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const countWithin = (hits: readonly boolean[], k: number): number => hits.slice(0, k).filter(Boolean).length;

/** The figures by their definitions, of the ranking of a whole gallery; R is the number of hits in it. */
export function figuresByDefinition(hits: readonly boolean[], { cutoffs }: MeasureList): number[] {
  const relevant = countWithin(hits, hits.length);
  const gainOf = (order: readonly boolean[], k: number): number =>
    sum(ranksTo(k).map((rank) => (isHit(order, rank) ? 1 / Math.log2(rank + 1) : 0)));
  const ideal = [...hits].sort((a, b) => Number(b) - Number(a));
  const precision = (rank: number): number => countWithin(hits, rank) / rank;
  return [
    ...cutoffs.recall.map((k) => (countWithin(hits, k) > 0 ? 1 : 0)),
    countWithin(hits, relevant) / relevant,
    sum(ranksTo(relevant).map((rank) => (isHit(hits, rank) ? precision(rank) : 0))) / relevant,
    1 / (hits.indexOf(true) + 1),
    ...cutoffs.ndcg.map((k) => gainOf(hits, k) / gainOf(ideal, k)),
  ];
}

function permutations<T>(values: readonly T[]): T[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((value, at) =>
    permutations([...values.slice(0, at), ...values.slice(at + 1)]).map((rest) => [value, ...rest]),
  );
}

/** Every order of the hits that agrees with the distances. */
export function ordersOfTies(hits: readonly boolean[], distances: readonly number[]): boolean[][] {
  const groups = [...new Set(distances)].map((distance) =>
    hits.filter((_, at) => distances[at] === distance),
  );
  return groups.reduce<boolean[][]>(
    (orders, group) => orders.flatMap((order) => permutations(group).map((next) => [...order, ...next])),
    [[]],
  );
}

function distanceBetween(metric: Metric, a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number => sum(x.map((v, at) => v * (y[at] ?? 0)));
  if (metric === 'l2') return Math.sqrt(sum(a.map((value, at) => (value - (b[at] ?? 0)) ** 2)));
  return 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** The ranking of all of `gallery` by float64 distances rounded to float32, then row; `leave` stays out. */
export function rankAll(
  metric: Metric,
  query: number,
  vector: readonly number[],
  gallery: readonly (readonly number[])[],
  leave = -1,
): Ranking {
  const distances = Float32Array.from(gallery, (other) => distanceBetween(metric, vector, other));
  const rows = [...gallery.keys()].filter((row) => row !== leave);
  rows.sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0) || a - b);
  return {
    query,
    neighbours: Uint32Array.from(rows),
    distances: Float32Array.from(rows, (row) => distances[row] ?? 0),
  };
}

/** `count` vectors around zero, the same at every call with the seed. */
export function randomVectors(seed: number, count: number, dimension: number): number[][] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length: dimension }, () => Math.fround(random() - 0.5)),
  );
}

import type { LabelledVectors, Metric, Ranking } from '../../../src/eval/types.ts';
import { randomNumbers } from '../../../src/random.ts';

/** Rows of numbers as a set of vectors; row i has the label that `labelOf` says. */
export function setOf(
  rows: readonly (readonly number[])[],
  labelOf: (row: number) => string,
  prefix = 'item',
): LabelledVectors {
  return {
    vectors: Float32Array.from(rows.flat()),
    dimension: rows[0]?.length ?? 0,
    ids: rows.map((_, row) => `${prefix}-${String(row).padStart(4, '0')}`),
    labels: rows.map((_, row) => labelOf(row)),
  };
}

/** Rows of random numbers in [-1, 1). */
export function randomRows(count: number, dimension: number, seed: number): number[][] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => Array.from({ length: dimension }, () => random() * 2 - 1));
}

const rowOf = ({ vectors, dimension }: LabelledVectors, row: number): number[] =>
  Array.from(vectors.subarray(row * dimension, (row + 1) * dimension));
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function distance(a: readonly number[], b: readonly number[], metric: Metric): number {
  if (metric === 'l2') return Math.sqrt(sum(a.map((value, i) => (value - (b[i] ?? 0)) ** 2)));
  const product = (x: readonly number[], y: readonly number[]): number =>
    sum(x.map((value, i) => value * (y[i] ?? 0)));
  const norms = Math.sqrt(product(a, a) * product(b, b));
  return norms === 0 ? 1 : Math.max(0, 1 - product(a, b) / norms);
}

/** What exact search has to find, by its definition: every distance in float64, rounded to float32, and sorted. */
export function rankingsByDefinition(
  query: LabelledVectors,
  gallery: LabelledVectors,
  { metric, depth, self = false }: { metric: Metric; depth: number; self?: boolean },
): Ranking[] {
  const items = gallery.ids.map((_, row) => rowOf(gallery, row));
  return query.ids.map((_, at) => {
    const own = rowOf(query, at);
    const all = items
      .map((item, row) => ({ row, distance: Math.fround(distance(own, item, metric)) }))
      .filter(({ row }) => !self || row !== at)
      .sort((a, b) => a.distance - b.distance || a.row - b.row);
    const relevant = all.filter(({ row }) => gallery.labels[row] === query.labels[at]);
    const hash = query.hashes?.[at];
    const others = hash ? relevant.filter(({ row }) => gallery.hashes?.[row] !== hash) : relevant;
    const border = Math.max(
      all[Math.min(depth, all.length) - 1]?.distance ?? -1,
      (others.length > 0 ? others : relevant)[0]?.distance ?? -1,
    );
    const kept = all.filter((item) => item.distance <= border);
    return {
      query: at,
      neighbours: Uint32Array.from(kept, ({ row }) => row),
      distances: Float32Array.from(kept, (item) => item.distance),
    };
  });
}

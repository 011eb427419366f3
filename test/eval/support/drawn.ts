import type { LabelledVectors } from '../../../src/eval/index.ts';
import { randomNumbers } from '../../../src/random.ts';

/** Drawn vectors around a centre a label, so that some are found and some are not; ids in order. */
export function drawnVectors(
  count: number,
  labels: number,
  {
    seed = 1,
    dimension = 8,
    prefix = '',
    spread = 1.2,
  }: { seed?: number; dimension?: number; prefix?: string; spread?: number } = {},
): LabelledVectors {
  const centres = randomNumbers(99);
  const middle = Array.from({ length: labels * dimension }, () => 2 * centres() - 1);
  const random = randomNumbers(seed);
  const of = Array.from({ length: count }, () => Math.floor(random() * labels));
  const vectors = Float32Array.from({ length: count * dimension }, (_, at) => {
    const label = of[Math.floor(at / dimension)] ?? 0;
    return (middle[label * dimension + (at % dimension)] ?? 0) + spread * (2 * random() - 1);
  });
  const width = String(count).length;
  return {
    ...{ vectors, dimension },
    ids: Array.from({ length: count }, (_, row) => `${prefix}${String(row).padStart(width, '0')}`),
    labels: of.map((label) => `label ${label}`),
  };
}

/** Some of the rows. */
export const pick = (from: LabelledVectors, rows: readonly number[]): LabelledVectors => ({
  dimension: from.dimension,
  vectors: Float32Array.from(
    rows.flatMap((row) => [...from.vectors.subarray(row * from.dimension, (row + 1) * from.dimension)]),
  ),
  ids: rows.map((row) => from.ids[row] ?? ''),
  labels: rows.map((row) => from.labels[row] ?? ''),
  hashes: from.hashes && rows.map((row) => from.hashes?.[row] ?? ''),
});

/** True distance in float64. */
export function distanceBetween(
  a: LabelledVectors,
  row: number,
  b: LabelledVectors,
  other: number,
  metric: 'cosine' | 'l2',
): number {
  let [dot, aa, bb, squares] = [0, 0, 0, 0];
  for (let at = 0; at < a.dimension; at += 1) {
    const [x, y] = [a.vectors[row * a.dimension + at] ?? 0, b.vectors[other * b.dimension + at] ?? 0];
    dot += x * y;
    aa += x * x;
    bb += y * y;
    squares += (x - y) ** 2;
  }
  return metric === 'cosine' ? 1 - dot / Math.sqrt(aa * bb) : Math.sqrt(squares);
}

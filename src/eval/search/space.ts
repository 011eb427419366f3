import type { LabelledVectors, Metric } from '../types.ts';
import { refusal } from './check.ts';
import { product } from './kernels.ts';

/** A set of vectors with what its comparisons need again and again. */
export interface Space {
  readonly set: LabelledVectors;
  readonly rows: number;
  /** `float64[rows]`: squared lengths; under L2 as seen from the centre. */
  readonly squares: Float64Array;
  readonly largest: number;
  readonly smallest: number;
}

const notFinite = 'holds something other than finite numbers';

/** The vector in a row, without a copy. */
export const rowOf = ({ vectors, dimension }: LabelledVectors, row: number): Float32Array =>
  vectors.subarray(row * dimension, (row + 1) * dimension);

/**
 * The mean of the vectors of a gallery, `float32[dimension]`. L2 distances stay the same from wherever they are seen; from
 * here the vectors are short, and so are the errors of float32 products. Throws `vector-invalid`.
 */
export function centreOf(gallery: LabelledVectors): Float32Array {
  const { vectors, dimension, ids } = gallery;
  const sums = new Float64Array(dimension);
  for (const row of ids.keys()) {
    let all = 0;
    for (let i = 0; i < dimension; i += 1) {
      const value = vectors[row * dimension + i] as number;
      sums[i] = (sums[i] as number) + value;
      all += value;
    }
    if (!Number.isFinite(all)) throw refusal('gallery', gallery, row, notFinite);
  }
  return Float32Array.from(sums, (sum) => sum / ids.length);
}

/** Measures the vectors of a set, called `name`. Throws `vector-invalid` for a row that cannot be compared. */
export function measure(
  name: string,
  set: LabelledVectors,
  metric: Metric,
  centre: Float32Array | undefined,
): Space {
  const rows = set.ids.length;
  const squares = new Float64Array(rows);
  const seen = new Float64Array(set.dimension);
  for (let row = 0; row < rows; row += 1) {
    const square = squareOf(rowOf(set, row), seen, centre);
    if (!Number.isFinite(square)) throw refusal(name, set, row, notFinite);
    if (square === 0 && metric === 'cosine') throw refusal(name, set, row, 'is zero, which has no cosine');
    squares[row] = square;
  }
  const [largest, smallest] = [
    squares.reduce((a, b) => Math.max(a, b)),
    squares.reduce((a, b) => Math.min(a, b)),
  ];
  return { set, rows, squares, largest: Math.sqrt(largest), smallest: Math.sqrt(smallest) };
}

function squareOf(vector: Float32Array, seen: Float64Array, centre: Float32Array | undefined): number {
  if (centre === undefined) {
    seen.set(vector);
    return product(seen, vector);
  }
  let sum = 0;
  for (let i = 0; i < vector.length; i += 1) sum += ((vector[i] as number) - (centre[i] as number)) ** 2;
  return sum;
}

import type { LabelledVectors, Metric } from '../types.ts';
import { refusal } from './check.ts';
import { square } from './kernels.ts';

/** A set of vectors with what its comparisons need again and again. */
export interface Space {
  readonly set: LabelledVectors;
  readonly rows: number;
  /** `float64[rows]`: squared lengths; under L2 as seen from the centre. */
  readonly squares: Float64Array;
  /** The largest length. */
  readonly largest: number;
}

/** The vector in a row, without a copy. */
export const rowOf = ({ vectors, dimension }: LabelledVectors, row: number): Float32Array =>
  vectors.subarray(row * dimension, (row + 1) * dimension);

const notFinite = 'holds something other than finite numbers';

/**
 * The mean of the vectors of a gallery, `float64[dimension]`. L2 distances stay the same from wherever they are seen; from
 * here the vectors are short, and so are the errors of float32 products. Throws `vector-invalid`.
 */
export function centreOf(gallery: LabelledVectors): Float64Array {
  const { vectors, dimension, ids } = gallery;
  const sums = new Float64Array(dimension);
  for (let row = 0; row < ids.length; row += 1) {
    let all = 0;
    for (let i = 0; i < dimension; i += 1) {
      const value = vectors[row * dimension + i] as number;
      sums[i] = (sums[i] as number) + value;
      all += value;
    }
    if (!Number.isFinite(all)) throw refusal('gallery', gallery, row, notFinite);
  }
  return sums.map((sum) => sum / ids.length);
}

/** Measures the vectors of a set, called `name`. Throws `vector-invalid` for a row that cannot be compared. */
export function measure(
  name: string,
  set: LabelledVectors,
  metric: Metric,
  centre: Float64Array | undefined,
): Space {
  const rows = set.ids.length;
  const squares = new Float64Array(rows);
  let largest = 0;
  for (let row = 0; row < rows; row += 1) {
    const own =
      centre === undefined
        ? square(set.vectors, row * set.dimension, set.dimension)
        : squareFrom(centre, set.vectors, row * set.dimension);
    if (!Number.isFinite(own)) throw refusal(name, set, row, notFinite);
    if (own === 0 && metric === 'cosine') throw refusal(name, set, row, 'is zero, which has no cosine');
    squares[row] = own;
    largest = Math.max(largest, own);
  }
  return { set, rows, squares, largest: Math.sqrt(largest) };
}

function squareFrom(centre: Float64Array, vectors: Float32Array, offset: number): number {
  let sum = 0;
  for (let i = 0; i < centre.length; i += 1) {
    const d = (vectors[offset + i] as number) - (centre[i] as number);
    sum += d * d;
  }
  return sum;
}

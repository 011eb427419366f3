import {
  type Metric,
  metricOf,
  type NamedVectors,
  probabilityProblem,
  squaredNorm,
} from '../vectors/index.ts';
import { invalidVector } from './check-vectors.ts';

/** Vectors with their norms. */
export interface VectorSet {
  readonly set: NamedVectors;
  readonly rows: number;
  /** Squared norms, `float64[rows]`; under L2 those of the differences from the mean of the gallery. */
  readonly squares: Float64Array;
  /** The largest norm. */
  readonly largest: number;
}

const notFinite = 'holds something other than finite numbers';

/**
 * Computes the mean of the vectors of a gallery, `float64[dimension]`. L2 distances do not change when it is subtracted,
 * but the vectors become short, and with them the errors of float32 products.
 * @throws SnapshelfError `vector-invalid`
 */
export function meanVector(gallery: NamedVectors): Float64Array {
  const { vectors, dimension, ids } = gallery;
  const sums = new Float64Array(dimension);
  for (let row = 0; row < ids.length; row += 1) {
    let all = 0;
    for (let i = 0; i < dimension; i += 1) {
      const value = vectors[row * dimension + i] as number;
      sums[i] = (sums[i] as number) + value;
      all += value;
    }
    if (!Number.isFinite(all)) throw invalidVector('gallery', gallery, row, notFinite);
  }
  return sums.map((sum) => sum / ids.length);
}

/**
 * Computes the norms of a set of vectors.
 * @param name What the set is called in an error.
 * @param mean What is subtracted from each vector before, if anything.
 * @throws SnapshelfError `vector-invalid` for the first row that cannot be compared.
 */
export function computeNorms(
  name: string,
  set: NamedVectors,
  metric: Metric,
  mean: Float64Array | undefined,
): VectorSet {
  const rows = set.ids.length;
  const squares = new Float64Array(rows);
  const isOfProbabilities = metricOf(metric).vectors === 'probabilities';
  let largest = 0;
  for (let row = 0; row < rows; row += 1) {
    const own =
      mean === undefined
        ? squaredNorm(set.vectors, row * set.dimension, set.dimension)
        : squareFrom(mean, set.vectors, row * set.dimension);
    if (!Number.isFinite(own)) throw invalidVector(name, set, row, notFinite);
    const problem = isOfProbabilities
      ? probabilityProblem(set.vectors, row * set.dimension, set.dimension)
      : undefined;
    if (problem !== undefined) throw invalidVector(name, set, row, problem);
    squares[row] = own;
    largest = Math.max(largest, own);
  }
  return { set, rows, squares, largest: Math.sqrt(largest) };
}

function squareFrom(mean: Float64Array, vectors: Float32Array, offset: number): number {
  let sum = 0;
  for (let i = 0; i < mean.length; i += 1) {
    const d = (vectors[offset + i] as number) - (mean[i] as number);
    sum += d * d;
  }
  return sum;
}

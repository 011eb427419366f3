import { SnapshelfError } from '../../errors.ts';
import { symmetricEigen } from './eigen.ts';
import { meanOf, type Rows, secondMoments } from './moments.ts';

/** A projection of features of n numbers: `weight * x + bias`. */
export interface Projection {
  /** The number of numbers in its result. */
  readonly dimension: number;
  /** Row-major, `float32[dimension,n]`; rows in the order of their share, largest first. */
  readonly weight: Float32Array<ArrayBuffer>;
  readonly bias: Float32Array<ArrayBuffer>;
  /** For each i, the share of the squared length (if whitened, of the variance) that the first i + 1 numbers keep. */
  readonly kept: Float64Array;
}

/** Whitening stretches directions with less variance than this share of the largest no further. */
const leastShare = 1e-6;

/** Returns the running sums as shares of the total. */
function runningShares(values: Float64Array): Float64Array {
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  let held = 0;
  return values.map((value) => {
    held += Math.max(0, value) / total;
    return held;
  });
}

/**
 * Fits a projection to the principal components of features. Without whitening they are taken about zero, not about the
 * mean: of all projections this keeps lengths and angles best, so searches by L2 and cosine answer nearly as before. With
 * whitening the mean is subtracted and every component has variance 1.
 *
 * @throws SnapshelfError `source-invalid` if all rows are equal
 */
export function fitProjection(rows: Rows, whiten: boolean): Projection {
  const n = rows[0]?.length ?? 0;
  const centre = whiten ? meanOf(rows) : new Float64Array(n);
  const { values, vectors } = symmetricEigen(secondMoments(rows, centre), n);
  if (!((values[0] ?? 0) > Number.MIN_VALUE))
    throw new SnapshelfError(
      'source-invalid',
      'All pictures have the same feature, so there is nothing to project.',
    );
  const floor = (values[0] ?? 0) * leastShare;
  const weight = Float32Array.from(vectors, (value, i) =>
    whiten ? value / Math.sqrt(Math.max(values[Math.floor(i / n)] ?? 0, floor)) : value,
  );
  const bias = Float32Array.from({ length: n }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < n; i += 1) sum -= (weight[row * n + i] ?? 0) * (centre[i] ?? 0);
    return sum;
  });
  return { dimension: n, weight, bias, kept: runningShares(values) };
}

/** Returns a projection to the first `dimension` numbers of another. */
export function shortened({ weight, bias, kept, dimension: n }: Projection, dimension: number): Projection {
  const width = weight.length / n;
  return {
    dimension,
    weight: weight.slice(0, dimension * width),
    bias: bias.slice(0, dimension),
    kept: kept.slice(0, dimension),
  };
}

/** Applies a projection to features. */
export function project({ weight, bias, dimension }: Projection, rows: Rows): Float32Array[] {
  const width = weight.length / dimension;
  return rows.map((row) =>
    Float32Array.from(bias, (start, out) => {
      let sum = start;
      const at = out * width;
      for (let i = 0; i < width; i += 1) sum += (weight[at + i] ?? 0) * (row[i] ?? 0);
      return sum;
    }),
  );
}

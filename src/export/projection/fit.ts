import { SnapshelfError } from '../../errors.ts';
import { symmetricEigen } from './eigen.ts';
import { meanOf, type Rows, secondMoments } from './moments.ts';

/** A projection of features of n numbers: `weight * x + bias`. */
export interface Projection {
  /** How many numbers it gives. */
  readonly dimension: number;
  /** Row-major, `[dimension, n]`; rows by how much they keep, most first. */
  readonly weight: Float32Array<ArrayBuffer>;
  readonly bias: Float32Array<ArrayBuffer>;
  /** The share of the squared length (when whitened, of the variance) that the first i + 1 numbers keep. */
  readonly kept: Float64Array;
}

/** Directions with less variance than this share of the largest are stretched no further. */
const leastShare = 1e-6;

/** The shares of all that the first ones hold. */
function runningShares(values: Float64Array): Float64Array {
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  let held = 0;
  return values.map((value) => {
    held += Math.max(0, value) / total;
    return held;
  });
}

/**
 * Principal components of features. Plain, they are those of the features as they are, about zero and not about their
 * mean: of all projections it keeps lengths and angles best, so that searches by L2 and by cosine answer nearly as
 * before. Whitened, the mean is taken away and every component has variance 1.
 * @throws SnapshelfError `source-invalid` when all rows are alike
 */
export function fitProjection(rows: Rows, whiten: boolean): Projection {
  const n = rows[0]?.length ?? 0;
  const centre = whiten ? meanOf(rows) : new Float64Array(n);
  const { values, vectors } = symmetricEigen(secondMoments(rows, centre), n);
  if (!((values[0] ?? 0) > Number.MIN_VALUE))
    throw new SnapshelfError(
      'source-invalid',
      'all pictures have the same feature: there is nothing to project',
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

/** The first `dimension` numbers of a projection. */
export function shortened({ weight, bias, kept, dimension: n }: Projection, dimension: number): Projection {
  const width = weight.length / n;
  return {
    dimension,
    weight: weight.slice(0, dimension * width),
    bias: bias.slice(0, dimension),
    kept: kept.slice(0, dimension),
  };
}

/** What a projection makes of features. */
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

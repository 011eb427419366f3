import { type Metric, squaredNorm } from '../../vectors/index.ts';

/**
 * The geometry of a shortlist. Under `l2` a vector is its own point, under `cosine` its point is the vector divided by its norm, and
 * `distance = |p - q|^2 / 2`. A point is kept as codes, `p = scale * codes + e`, with the norm of its error `e`, so that
 * by the triangle inequality `|p - q|` lies within `|e|` of the distance of the codes. Their products are whole numbers and exact;
 * what is left is the rounding of float64, for which each bound has a slack that is many times as large.
 */
export interface CodedPoint {
  readonly scale: number;
  /** The squared norm of `scale * codes`. */
  readonly squared: number;
  /** No less than the norm of the error. */
  readonly error: number;
}

/** The relative rounding of a sum of so many float64 products, many times over. */
const roundingOf = (terms: number): number => (terms + 16) * 2 ** -50;

const norm = (vector: Float32Array): number => Math.sqrt(squaredNorm(vector));

/** The number that a vector is divided by to be its point; 0 where it has none, a vector of zeros under `cosine`. */
export const divisorOf = (vector: Float32Array, metric: Metric): number =>
  metric === 'cosine' ? norm(vector) : 1;

/** Added and subtracted, it rounds a float64 of less than 2^51 to a whole number, faster than `Math.round`. */
const rounding = 1.5 * 2 ** 52;

/**
 * Codes a point: `round(point / scale)` for each number.
 * @param divisor of `divisorOf`, not 0
 * @param scaleOf returns the scale for the largest number and the norm of the point
 */
function codePoint(
  vector: Float32Array,
  divisor: number,
  codes: Int8Array | Int16Array,
  scaleOf: (largest: number, norm: number) => number,
): CodedPoint {
  let largest = 0;
  for (let i = 0; i < vector.length; i++) {
    const size = Math.abs(vector[i] as number);
    if (size > largest) largest = size;
  }
  const length = norm(vector) / divisor;
  const scale = scaleOf(largest / divisor, length);
  if (scale === 0) {
    codes.fill(0);
    return { scale, squared: 0, error: 0 };
  }
  // In the vector's own measure, which spares a division per number. Whatever the code, its error is counted.
  const unit = scale * divisor;
  const perUnit = 1 / unit;
  let whole = 0;
  let wrong = 0;
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i] as number;
    const code = value * perUnit + rounding - rounding;
    codes[i] = code;
    whole += code * code;
    const rest = value - unit * code;
    wrong += rest * rest;
  }
  const slack = roundingOf(vector.length);
  return {
    scale,
    squared: scale * scale * whole,
    error: (Math.sqrt(wrong) / divisor) * (1 + slack) + length * slack,
  };
}

const largestCode = 127;
/** 127 times 256, plus 127: two parts of int8 each. */
const largestQueryCode = 32_639;

/** Codes a point of the gallery as int8. */
export const codeRow = (vector: Float32Array, divisor: number, codes: Int8Array): CodedPoint =>
  codePoint(vector, divisor, codes, (largest) => largest / largestCode);

/** Codes the point of a query as int16, so small that no product with int8 codes leaves int32 (by Cauchy and Schwarz). */
export function codeQuery(vector: Float32Array, divisor: number, codes: Int16Array): CodedPoint {
  const root = Math.sqrt(vector.length);
  const largestNorm = (2 ** 31 - 1) / (largestCode * root) - root;
  return codePoint(vector, divisor, codes, (largest, length) =>
    Math.max(largest / largestQueryCode, length / largestNorm),
  );
}

/** Bounds of distances by how far points are apart, and back, whatever rounding does to both. */
export interface MetricBounds {
  /** Returns what no distance is below whose points are at least that far apart; less than 0 is as good as 0. */
  readonly least: (apart: number) => number;
  /** Returns what no distance is above whose points are at most that far apart. */
  readonly most: (apart: number) => number;
  /** Returns how far points may be apart whose distance is no larger than that of points so far apart. */
  readonly reach: (apart: number) => number;
}

/** Makes the bounds of a metric for vectors of that many numbers. */
export function metricBounds(metric: Metric, dimension: number): MetricBounds {
  const slack = roundingOf(dimension);
  if (metric === 'cosine')
    return {
      least: (apart) => Math.max(0, apart) ** 2 / 2 - slack,
      most: (apart) => apart ** 2 / 2 + slack,
      reach: (apart) => Math.sqrt(apart ** 2 + 4 * slack),
    };
  return {
    least: (apart) => apart * (1 - slack),
    most: (apart) => apart * (1 + slack),
    reach: (apart) => apart * (1 + 3 * slack),
  };
}

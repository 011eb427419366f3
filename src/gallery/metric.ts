/** How two vectors are compared: `cosine` (1 - cos, 0..2) or `l2` (Euclidean distance, not squared). */
export type Metric = 'cosine' | 'l2';

/** The true distance from one fixed query to the `float32[D]` that starts at `offset` of `vectors`. */
export type DistanceTo = (vectors: Float32Array, offset: number) => number;

/**
 * The distance function of one query: float32 in, float64 sums. Under `cosine` a zero vector is at distance 1 from
 * everything. Throws a RangeError when the query holds something other than finite numbers.
 */
export function distanceFrom(query: Float32Array, metric: Metric): DistanceTo {
  const norm = Math.sqrt(squaredNorm(query));
  if (!Number.isFinite(norm)) throw new RangeError('the query vector must hold finite numbers only');
  if (metric === 'l2') return (vectors, offset) => Math.sqrt(squaredDistance(query, vectors, offset));
  if (norm === 0) return () => 1;
  return (vectors, offset) => Math.max(0, 1 - cosine(query, norm, vectors, offset));
}

/** The sum of squares, in float64: finite exactly when all numbers are. */
export function squaredNorm(vector: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += (vector[i] as number) ** 2;
  return sum;
}

// The kernels keep four sums apart so that additions need not wait for one another: 3.4 to 4.4 GB/s of vectors. The
// casts stand for checks that would cost as much as the sums; a helper for them takes three quarters of the speed.

function squaredDistance(a: Float32Array, b: Float32Array, offset: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const whole = a.length - (a.length % 4);
  let i = 0;
  let j = offset;
  for (; i < whole; i += 4, j += 4) {
    const d0 = (a[i] as number) - (b[j] as number);
    const d1 = (a[i + 1] as number) - (b[j + 1] as number);
    const d2 = (a[i + 2] as number) - (b[j + 2] as number);
    const d3 = (a[i + 3] as number) - (b[j + 3] as number);
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  for (; i < a.length; i++, j++) s0 += ((a[i] as number) - (b[j] as number)) ** 2;
  return s0 + s1 + s2 + s3;
}

/** Dot product and norm of `b` in one pass over its memory; 0 for a zero vector. */
function cosine(a: Float32Array, norm: number, b: Float32Array, offset: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let n0 = 0;
  let n1 = 0;
  let n2 = 0;
  let n3 = 0;
  const whole = a.length - (a.length % 4);
  let i = 0;
  let j = offset;
  for (; i < whole; i += 4, j += 4) {
    const b0 = b[j] as number;
    const b1 = b[j + 1] as number;
    const b2 = b[j + 2] as number;
    const b3 = b[j + 3] as number;
    s0 += (a[i] as number) * b0;
    s1 += (a[i + 1] as number) * b1;
    s2 += (a[i + 2] as number) * b2;
    s3 += (a[i + 3] as number) * b3;
    n0 += b0 * b0;
    n1 += b1 * b1;
    n2 += b2 * b2;
    n3 += b3 * b3;
  }
  for (; i < a.length; i++, j++) {
    s0 += (a[i] as number) * (b[j] as number);
    n0 += (b[j] as number) ** 2;
  }
  const squared = n0 + n1 + n2 + n3;
  return squared === 0 ? 0 : (s0 + s1 + s2 + s3) / (norm * Math.sqrt(squared));
}

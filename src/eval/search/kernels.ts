// float32 rows against a float64 one, float64 sums. Four sums are kept apart so that additions need not wait for one
// another; their order is the same for every pair of rows, so equal vectors always give equal numbers. Both kernels are
// read by one type of array each, which makes them twice as fast. Without the casts, `noUncheckedIndexedAccess` would
// want a check per number.
const of64 = (vector: Float64Array, index: number): number => vector[index] as number;
const of32 = (vector: Float32Array, index: number): number => vector[index] as number;

/** The product of `a` and `b`, vectors of the same length. */
export function product(a: Float64Array, b: Float32Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < a.length; i += 4) {
    s0 += of64(a, i) * of32(b, i);
    s1 += of64(a, i + 1) * of32(b, i + 1);
    s2 += of64(a, i + 2) * of32(b, i + 2);
    s3 += of64(a, i + 3) * of32(b, i + 3);
  }
  for (; i < a.length; i++) s0 += of64(a, i) * of32(b, i);
  return s0 + s1 + s2 + s3;
}

/** The squared length of the difference of `a` and `b`, vectors of the same length. */
export function squaredDistance(a: Float64Array, b: Float32Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < a.length; i += 4) {
    const d0 = of64(a, i) - of32(b, i);
    const d1 = of64(a, i + 1) - of32(b, i + 1);
    const d2 = of64(a, i + 2) - of32(b, i + 2);
    const d3 = of64(a, i + 3) - of32(b, i + 3);
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  for (; i < a.length; i++) s0 += (of64(a, i) - of32(b, i)) ** 2;
  return s0 + s1 + s2 + s3;
}

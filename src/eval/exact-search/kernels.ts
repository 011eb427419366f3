// A float64 vector against float32 rows, with float64 sums. Four rows at once share what is read of the vector, and two
// sums per row need not wait for one another: twice as fast as row by row. Every row is summed in the same order, wherever
// it stands, so equal vectors always give equal numbers. Each array is of one type only and nothing is destructured,
// which the compiler needs; the casts are for `noUncheckedIndexedAccess`, which would want a check per number.
const of64 = (vector: Float64Array, index: number): number => vector[index] as number;
const of32 = (vector: Float32Array, index: number): number => vector[index] as number;

/** Computes something of a vector and each of four rows of its length, into the four numbers of `out`. */
export type Kernel = (
  a: Float64Array,
  b0: Float32Array,
  b1: Float32Array,
  b2: Float32Array,
  b3: Float32Array,
  out: Float64Array,
) => void;

/** Computes the dot products of `a` and four rows. */
export const products: Kernel = (a, b0, b1, b2, b3, out) => {
  let p0 = 0;
  let p1 = 0;
  let p2 = 0;
  let p3 = 0;
  let q0 = 0;
  let q1 = 0;
  let q2 = 0;
  let q3 = 0;
  let i = 0;
  for (; i + 1 < a.length; i += 2) {
    const x = of64(a, i);
    const y = of64(a, i + 1);
    p0 += x * of32(b0, i);
    q0 += y * of32(b0, i + 1);
    p1 += x * of32(b1, i);
    q1 += y * of32(b1, i + 1);
    p2 += x * of32(b2, i);
    q2 += y * of32(b2, i + 1);
    p3 += x * of32(b3, i);
    q3 += y * of32(b3, i + 1);
  }
  const last = i < a.length ? of64(a, i) : undefined;
  out[0] = p0 + q0 + (last === undefined ? 0 : last * of32(b0, i));
  out[1] = p1 + q1 + (last === undefined ? 0 : last * of32(b1, i));
  out[2] = p2 + q2 + (last === undefined ? 0 : last * of32(b2, i));
  out[3] = p3 + q3 + (last === undefined ? 0 : last * of32(b3, i));
};

/** Computes the squared L2 distances of `a` and four rows. */
export const squaredDistances: Kernel = (a, b0, b1, b2, b3, out) => {
  let p0 = 0;
  let p1 = 0;
  let p2 = 0;
  let p3 = 0;
  let q0 = 0;
  let q1 = 0;
  let q2 = 0;
  let q3 = 0;
  let i = 0;
  for (; i + 1 < a.length; i += 2) {
    const x = of64(a, i);
    const y = of64(a, i + 1);
    const d0 = x - of32(b0, i);
    const e0 = y - of32(b0, i + 1);
    const d1 = x - of32(b1, i);
    const e1 = y - of32(b1, i + 1);
    const d2 = x - of32(b2, i);
    const e2 = y - of32(b2, i + 1);
    const d3 = x - of32(b3, i);
    const e3 = y - of32(b3, i + 1);
    p0 += d0 * d0;
    q0 += e0 * e0;
    p1 += d1 * d1;
    q1 += e1 * e1;
    p2 += d2 * d2;
    q2 += e2 * e2;
    p3 += d3 * d3;
    q3 += e3 * e3;
  }
  const last = i < a.length ? of64(a, i) : undefined;
  out[0] = p0 + q0 + (last === undefined ? 0 : (last - of32(b0, i)) ** 2);
  out[1] = p1 + q1 + (last === undefined ? 0 : (last - of32(b1, i)) ** 2);
  out[2] = p2 + q2 + (last === undefined ? 0 : (last - of32(b2, i)) ** 2);
  out[3] = p3 + q3 + (last === undefined ? 0 : (last - of32(b3, i)) ** 2);
};

/** Computes the squared norm of a row, summed in the order of `products`. */
export function square(rows: Float32Array, offset: number, length: number): number {
  let p = 0;
  let q = 0;
  let i = 0;
  for (; i + 1 < length; i += 2) {
    const x = of32(rows, offset + i);
    const y = of32(rows, offset + i + 1);
    p += x * x;
    q += y * y;
  }
  const last = i < length ? of32(rows, offset + i) : 0;
  return p + q + last * last;
}

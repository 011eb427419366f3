/** Eigenvalues, largest first, and for each a row of `vectors`: an eigenvector of length 1. */
export interface Eigen {
  readonly values: Float64Array;
  /** Row-major, n x n. */
  readonly vectors: Float64Array;
}

/** A symmetric matrix with three diagonals, and the orthonormal rows that lead back to the full one. */
interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** `beside[i]` is at (i, i + 1) and (i + 1, i). */
  readonly beside: Float64Array;
  readonly rows: Float64Array;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** a += factor * b */
function addScaled(a: Float64Array, factor: number, b: Float64Array): void {
  for (let i = 0; i < a.length; i += 1) a[i] = (a[i] ?? 0) + factor * (b[i] ?? 0);
}

/** The part of row `i` of an n x n matrix from column `from` on; a view. */
const rowFrom = (matrix: Float64Array, n: number, i: number, from: number): Float64Array =>
  matrix.subarray(i * n + from, (i + 1) * n);

/**
 * Replaces the rest of row `k` behind the diagonal by the vector v whose reflection, I - 2 v v' / (v'v), leaves only its
 * first number; reflects the block below on both sides.
 * @returns what is left of the row
 */
function reflect(a: Float64Array, n: number, k: number): number {
  const v = rowFrom(a, n, k, k + 1);
  const length = Math.sqrt(dot(v, v));
  if (length === 0) return 0;
  const left = (v[0] ?? 0) > 0 ? -length : length;
  v[0] = (v[0] ?? 0) - left;
  const factor = 2 / dot(v, v);
  const w = new Float64Array(v.length);
  for (let i = 0; i < v.length; i += 1) w[i] = factor * dot(rowFrom(a, n, k + 1 + i, k + 1), v);
  addScaled(w, (-factor / 2) * dot(v, w), v);
  for (let i = 0; i < v.length; i += 1) {
    const row = rowFrom(a, n, k + 1 + i, k + 1);
    addScaled(row, -(v[i] ?? 0), w);
    addScaled(row, -(w[i] ?? 0), v);
  }
  return left;
}

/** The product of all reflections, whose vectors lie in the rows of `a`: the last one first. */
function reflections(a: Float64Array, n: number): Float64Array {
  const rows = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) rows[i * n + i] = 1;
  for (let k = n - 3; k >= 0; k -= 1) {
    const v = rowFrom(a, n, k, k + 1);
    const square = dot(v, v);
    for (let i = k + 1; i < n && square > 0; i += 1) {
      const row = rowFrom(rows, n, i, k + 1);
      addScaled(row, (-2 / square) * dot(row, v), v);
    }
  }
  return rows;
}

/** Householder's reduction. Destroys `a`. */
function tridiagonal(a: Float64Array, n: number): Tridiagonal {
  const beside = new Float64Array(n);
  for (let k = 0; k < n - 2; k += 1) beside[k] = reflect(a, n, k);
  if (n > 1) beside[n - 2] = a[(n - 2) * n + n - 1] ?? 0;
  const diagonal = Float64Array.from({ length: n }, (_, i) => a[i * n + i] ?? 0);
  return { diagonal, beside, rows: reflections(a, n) };
}

/** Turns rows k and k + 1 by the angle whose cosine and sine are given. */
function rotateRows(rows: Float64Array, n: number, k: number, cosine: number, sine: number): void {
  const [a, b] = [rows.subarray(k * n, (k + 1) * n), rows.subarray((k + 1) * n, (k + 2) * n)];
  for (let i = 0; i < n; i += 1) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    a[i] = cosine * x - sine * y;
    b[i] = sine * x + cosine * y;
  }
}

/** An implicit QR step with Wilkinson's shift on the block from `low` to `high` (Golub and Van Loan, section 8.3). */
function step({ diagonal: d, beside: e, rows }: Tridiagonal, low: number, high: number): void {
  const n = d.length;
  const at = (list: Float64Array, i: number): number => list[i] ?? 0;
  const last = at(e, high - 1);
  const half = (at(d, high - 1) - at(d, high)) / 2;
  const shift = at(d, high) - last ** 2 / (half + (half < 0 ? -1 : 1) * Math.hypot(half, last));
  let [x, z] = [at(d, low) - shift, at(e, low)];
  for (let k = low; k < high; k += 1) {
    const length = Math.hypot(x, z);
    const [c, s] = length === 0 ? [1, 0] : [x / length, -z / length];
    if (k > low) e[k - 1] = length;
    const [a, b, f] = [at(d, k), at(d, k + 1), at(e, k)];
    d[k] = c * c * a - 2 * c * s * f + s * s * b;
    d[k + 1] = s * s * a + 2 * c * s * f + c * c * b;
    e[k] = c * s * (a - b) + (c * c - s * s) * f;
    [x, z] = [at(e, k), -s * at(e, k + 1)];
    if (k < high - 1) e[k + 1] = c * at(e, k + 1);
    rotateRows(rows, n, k, c, s);
  }
}

/** Steps on the last block that is not diagonal yet, until there is none. */
function diagonalize(matrix: Tridiagonal): void {
  const { diagonal: d, beside: e } = matrix;
  const isZero = (i: number): boolean =>
    Math.abs(e[i] ?? 0) <= Number.EPSILON * (Math.abs(d[i] ?? 0) + Math.abs(d[i + 1] ?? 0));
  for (let high = d.length - 1; high > 0; ) {
    if (isZero(high - 1)) {
      high -= 1;
      continue;
    }
    let low = high - 1;
    while (low > 0 && !isZero(low - 1)) low -= 1;
    step(matrix, low, high);
  }
}

/**
 * All eigenvalues and eigenvectors of a symmetric matrix (row-major, n x n). Destroys it. Takes time by n cubed: about a
 * minute for 2048.
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const found = tridiagonal(matrix, n);
  diagonalize(found);
  const order = [...found.diagonal.keys()].sort(
    (a, b) => (found.diagonal[b] ?? 0) - (found.diagonal[a] ?? 0),
  );
  const vectors = new Float64Array(n * n);
  for (const [to, from] of order.entries())
    vectors.set(found.rows.subarray(from * n, (from + 1) * n), to * n);
  return { values: Float64Array.from(order, (i) => found.diagonal[i] ?? 0), vectors };
}

/** Rows of numbers one after the other, `float64[rows,columns]`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** Makes a matrix of zeros. */
export const zeros = (rows: number, columns: number): Matrix => ({
  rows,
  columns,
  data: new Float64Array(rows * columns),
});

/** Returns rows of a matrix without copying them. */
export const rowsOf = ({ columns, data }: Matrix, from: number, to: number): Matrix => ({
  rows: to - from,
  columns,
  data: data.subarray(from * columns, to * columns),
});

/** Sums of products of two rows with four others, in registers: the speed of everything else comes from here. */
function products2x4(a: Matrix, i: number, b: Matrix, j: number, out: Matrix): void {
  const d = a.columns;
  const x = a.data;
  const y = b.data;
  const x0 = i * d;
  const y0 = j * d;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  for (let at = 0; at < d; at += 1) {
    const p = x[x0 + at] as number;
    const q = x[x0 + d + at] as number;
    const u = y[y0 + at] as number;
    const v = y[y0 + d + at] as number;
    const w = y[y0 + 2 * d + at] as number;
    const z = y[y0 + 3 * d + at] as number;
    s00 += p * u;
    s01 += p * v;
    s02 += p * w;
    s03 += p * z;
    s10 += q * u;
    s11 += q * v;
    s12 += q * w;
    s13 += q * z;
  }
  const to = out.data;
  const first = i * out.columns + j;
  const second = first + out.columns;
  to[first] = s00;
  to[first + 1] = s01;
  to[first + 2] = s02;
  to[first + 3] = s03;
  to[second] = s10;
  to[second + 1] = s11;
  to[second + 2] = s12;
  to[second + 3] = s13;
}

/** The inner product of a row of one matrix and a row of another. */
export function innerProduct(a: Matrix, i: number, b: Matrix, j: number): number {
  const x0 = i * a.columns;
  const y0 = j * b.columns;
  let sum = 0;
  for (let at = 0; at < a.columns; at += 1) sum += (a.data[x0 + at] as number) * (b.data[y0 + at] as number);
  return sum;
}

/** Computes `a bᵀ` into `out`. */
export function timesTransposed(a: Matrix, b: Matrix, out: Matrix): void {
  const evenRows = a.rows - (a.rows % 2);
  const evenColumns = b.rows - (b.rows % 4);
  for (let j = 0; j < evenColumns; j += 4) for (let i = 0; i < evenRows; i += 2) products2x4(a, i, b, j, out);
  for (let i = 0; i < a.rows; i += 1)
    for (let j = i < evenRows ? evenColumns : 0; j < b.rows; j += 1)
      out.data[i * out.columns + j] = innerProduct(a, i, b, j);
}

/** Adds four rows from `from` on, with two weights each, to two rows of a sum. */
function addRows2x4(a: Matrix, i: number, k: number, b: Matrix, out: Matrix): void {
  const d = b.columns;
  const w = a.data;
  const y = b.data;
  const o = out.data;
  const a0 = i * a.columns + k;
  const a1 = a0 + a.columns;
  const a2 = a1 + a.columns;
  const a3 = a2 + a.columns;
  const w00 = w[a0] as number;
  const w01 = w[a0 + 1] as number;
  const w10 = w[a1] as number;
  const w11 = w[a1 + 1] as number;
  const w20 = w[a2] as number;
  const w21 = w[a2 + 1] as number;
  const w30 = w[a3] as number;
  const w31 = w[a3 + 1] as number;
  const y0 = i * d;
  const o0 = k * d;
  const o1 = o0 + d;
  for (let at = 0; at < d; at += 1) {
    const p = y[y0 + at] as number;
    const q = y[y0 + d + at] as number;
    const r = y[y0 + 2 * d + at] as number;
    const s = y[y0 + 3 * d + at] as number;
    o[o0 + at] = (o[o0 + at] as number) + w00 * p + w10 * q + w20 * r + w30 * s;
    o[o1 + at] = (o[o1 + at] as number) + w01 * p + w11 * q + w21 * r + w31 * s;
  }
}

function addRow(weight: number, b: Matrix, i: number, out: Matrix, k: number): void {
  const d = b.columns;
  const from = i * d;
  const to = k * d;
  for (let at = 0; at < d; at += 1)
    out.data[to + at] = (out.data[to + at] as number) + weight * (b.data[from + at] as number);
}

/** Adds `aᵀ b` to `out`. */
export function addTransposedTimes(a: Matrix, b: Matrix, out: Matrix): void {
  const fourRows = a.rows - (a.rows % 4);
  const evenColumns = a.columns - (a.columns % 2);
  for (let i = 0; i < fourRows; i += 4) for (let k = 0; k < evenColumns; k += 2) addRows2x4(a, i, k, b, out);
  for (let i = 0; i < a.rows; i += 1)
    for (let k = i < fourRows ? evenColumns : 0; k < a.columns; k += 1)
      addRow(a.data[i * a.columns + k] as number, b, i, out, k);
}

/** Returns the lower triangular `L` of `L Lᵀ = a` for a symmetric, positive definite matrix. */
export function cholesky(a: Matrix): Matrix {
  const lower = zeros(a.rows, a.rows);
  const l = lower.data;
  const n = a.rows;
  for (let i = 0; i < n; i += 1)
    for (let j = 0; j <= i; j += 1) {
      let sum = a.data[i * n + j] as number;
      for (let at = 0; at < j; at += 1) sum -= (l[i * n + at] as number) * (l[j * n + at] as number);
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / (l[j * n + j] as number);
    }
  return lower;
}

/** Replaces each row x of a matrix by the y of `L y = x`. */
export function solveRows(lower: Matrix, x: Matrix): void {
  const n = lower.rows;
  const l = lower.data;
  for (let row = 0; row < x.rows; row += 1) {
    const from = row * n;
    for (let i = 0; i < n; i += 1) {
      let sum = x.data[from + i] as number;
      for (let at = 0; at < i; at += 1) sum -= (l[i * n + at] as number) * (x.data[from + at] as number);
      x.data[from + i] = sum / (l[i * n + i] as number);
    }
  }
}

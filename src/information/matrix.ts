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

/** The inner product of two rows of a matrix. */
export function innerProduct({ columns, data }: Matrix, i: number, j: number): number {
  let sum = 0;
  for (let at = 0; at < columns; at += 1)
    sum += (data[i * columns + at] as number) * (data[j * columns + at] as number);
  return sum;
}

/** Copies rows of a matrix, each times a number of its own. */
export function scaledRows({ rows, columns, data }: Matrix, factors: Float64Array): Matrix {
  const result = { rows, columns, data: data.slice() };
  for (let row = 0; row < rows; row += 1) {
    const factor = factors[row] as number;
    for (let at = row * columns; at < (row + 1) * columns; at += 1)
      result.data[at] = factor * (result.data[at] as number);
  }
  return result;
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

/** Returns the inverse of a lower triangular matrix, row by row from the rows above. */
export function inverseOfLower(lower: Matrix): Matrix {
  const n = lower.rows;
  const l = lower.data;
  const inverse = zeros(n, n);
  const out = inverse.data;
  for (let i = 0; i < n; i += 1) {
    const own = out.subarray(i * n, i * n + i + 1);
    for (let at = 0; at < i; at += 1) {
      const factor = l[i * n + at] as number;
      const above = at * n;
      for (let j = 0; j <= at; j += 1) own[j] = (own[j] as number) - factor * (out[above + j] as number);
    }
    const pivot = l[i * n + i] as number;
    for (let j = 0; j < i; j += 1) own[j] = (own[j] as number) / pivot;
    own[i] = 1 / pivot;
  }
  return inverse;
}

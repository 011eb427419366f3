import { SnapshelfError } from '../../errors.ts';

/** Features of pictures, one per row, all of the same length. */
export type Rows = readonly Float32Array[];

/** The number of rows whose products are added in one pass over the matrix. */
const together = 8;

/** Returns the mean of each number. */
export function meanOf(rows: Rows): Float64Array {
  const sum = new Float64Array(rows[0]?.length ?? 0);
  for (const row of rows) for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] ?? 0) + (row[i] ?? 0);
  return sum.map((value) => value / rows.length);
}

function addProducts(matrix: Float64Array, rows: readonly Float64Array[], n: number): void {
  for (let i = 0; i < n; i += 1) {
    for (const row of rows) {
      const value = row[i] ?? 0;
      for (let j = i; value !== 0 && j < n; j += 1)
        matrix[i * n + j] = (matrix[i * n + j] ?? 0) + value * (row[j] ?? 0);
    }
  }
}

/**
 * Returns the second moments of rows about `centre`: the means of all products of two numbers of a row, n x n, symmetric.
 *
 * @throws SnapshelfError `export-self-check-failed` if a feature is not finite
 */
export function secondMoments(rows: Rows, centre: Float64Array): Float64Array {
  const n = centre.length;
  const matrix = new Float64Array(n * n);
  for (let at = 0; at < rows.length; at += together) {
    const some = rows.slice(at, at + together);
    addProducts(
      matrix,
      some.map((row) => Float64Array.from(row, (value, i) => value - (centre[i] ?? 0))),
      n,
    );
  }
  for (let i = 0; i < n; i += 1)
    for (let j = i; j < n; j += 1) {
      const value = (matrix[i * n + j] ?? 0) / rows.length;
      matrix[i * n + j] = value;
      matrix[j * n + i] = value;
    }
  if (matrix.every(Number.isFinite)) return matrix;
  throw new SnapshelfError(
    'export-self-check-failed',
    'The network gives numbers that are not finite. Nothing was written.',
  );
}

import { SnapshelfError } from '../../errors.ts';

/** Features of pictures, one a row of the same length. */
export type Rows = readonly Float32Array[];

/** Rows whose products are added at a time, so that the matrix is gone through less often. */
const together = 8;

/** The mean of each number. */
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
 * The mean of all products of two numbers of a row, each less `centre`: n x n, symmetric.
 * @throws SnapshelfError `export-self-check-failed` when a feature is not finite
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
    'the network gives something other than finite numbers; nothing was written',
  );
}

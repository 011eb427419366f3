import { Matrix, solve } from 'ml-matrix';

/** The features of one measurement, or a coefficient for each. */
export type Row = readonly number[];

const dot = (a: Row, b: Row): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** Least squares over some of the features, each brought to the length 1 first: they differ by ten powers of ten. */
function fitOf(rows: readonly Row[], wanted: Row, chosen: readonly number[]): number[] {
  const lengths = chosen.map((i) => Math.hypot(...rows.map((row) => row[i] ?? 0)) || 1);
  const unit = rows.map((row) => chosen.map((i, at) => (row[i] ?? 0) / (lengths[at] ?? 1)));
  const found = solve(new Matrix(unit), Matrix.columnVector([...wanted]), true);
  return lengths.map((length, at) => found.get(at, 0) / length);
}

/**
 * Fits values as a sum of features with coefficients that are not negative, by least squares of the relative errors: every subset
 * of the few features is tried, and the best one without a negative coefficient wins.
 */
export function fitNonNegative(features: readonly Row[], values: Row): Row {
  const count = features[0]?.length ?? 0;
  const scaled = features.map((row, i) => row.map((value) => value / (values[i] || 1)));
  const wanted = values.map((value) => (value === 0 ? 0 : 1));
  let best: { readonly error: number; readonly coefficients: Row } | undefined;
  for (let subset = 1; subset < 2 ** count; subset += 1) {
    const chosen = Array.from({ length: count }, (_, i) => i).filter((i) => (subset >> i) & 1);
    const found = fitOf(scaled, wanted, chosen);
    if (found.some((value) => value < 0)) continue;
    const coefficients = Array.from({ length: count }, (_, i) => found[chosen.indexOf(i)] ?? 0);
    const error = scaled.reduce((sum, row, i) => sum + (dot(row, coefficients) - (wanted[i] ?? 0)) ** 2, 0);
    if (best === undefined || error < best.error) best = { error, coefficients };
  }
  return best?.coefficients ?? new Array<number>(count).fill(0);
}

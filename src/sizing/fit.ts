/** The features of one measurement, or a coefficient for each. */
export type Row = readonly number[];

const dot = (a: Row, b: Row): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** Least squares by an orthogonal base of the columns (modified Gram-Schmidt). Returns a coefficient for each column. */
function leastSquares(columns: readonly Row[], wanted: Row): number[] {
  const base: Row[] = [];
  // Each column as a sum of the base.
  const sums = columns.map((column) => {
    let rest = column;
    const shares = base.map((one) => {
      const share = dot(rest, one);
      rest = rest.map((value, i) => value - share * (one[i] ?? 0));
      return share;
    });
    const length = Math.hypot(...rest) || 1;
    base.push(rest.map((value) => value / length));
    return [...shares, length];
  });
  const found = base.map((one) => dot(one, wanted));
  for (let at = columns.length - 1; at >= 0; at -= 1) {
    let left = found[at] ?? 0;
    for (let later = at + 1; later < columns.length; later += 1)
      left -= (sums[later]?.[at] ?? 0) * (found[later] ?? 0);
    found[at] = left / (sums[at]?.[at] ?? 1);
  }
  return found;
}

/** Least squares over some of the features, each brought to the length 1 first: they differ by ten powers of ten. */
function fitOf(rows: readonly Row[], wanted: Row, chosen: readonly number[]): number[] {
  const columns = chosen.map((i) => rows.map((row) => row[i] ?? 0));
  const lengths = columns.map((column) => Math.hypot(...column) || 1);
  const unit = columns.map((column, at) => column.map((value) => value / (lengths[at] ?? 1)));
  return leastSquares(unit, wanted).map((value, at) => value / (lengths[at] ?? 1));
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

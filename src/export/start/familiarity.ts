import { SnapshelfError } from '../../errors.ts';

/** A rule for how like a picture is to those that were trained on: the nearest of their labels' means. */
export interface Familiarity {
  /** The number of labels, and of rows of `means`. */
  readonly labels: number;
  /** The mean feature of each label, of length 1: row-major, `float32[labels,D]`. */
  readonly means: Float32Array<ArrayBuffer>;
  /** The cosine to the nearest mean up to which a picture is strange. */
  readonly low: number;
  /** The cosine from which it is familiar. */
  readonly high: number;
}

/** Of the trained pictures so many are less alike to the means of the others; chosen among four pairs. */
const strange = 0.005;
const known = 0.05;

/** Scales numbers to length 1. */
function unit(numbers: ArrayLike<number>): Float64Array {
  const given = Float64Array.from(numbers);
  const length = Math.hypot(...given);
  return given.map((value) => value / (length || 1));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** Returns the mean of features that are scaled to length 1 first. */
export function centreOf(rows: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const sum = new Float64Array(rows[0]?.length ?? 0);
  for (const row of rows) for (const [i, value] of unit(row).entries()) sum[i] = (sum[i] ?? 0) + value;
  return Float32Array.from(sum, (value) => value / rows.length);
}

/** The sums of the features of each label, and the number of them. */
function sumsOf(units: readonly Float64Array[], labels: readonly string[]) {
  const sums = new Map<string, { readonly sum: Float64Array; count: number }>();
  for (const [at, row] of units.entries()) {
    const label = labels[at] ?? '';
    const own = sums.get(label) ?? { sum: new Float64Array(row.length), count: 0 };
    for (let i = 0; i < row.length; i += 1) own.sum[i] = (own.sum[i] ?? 0) + (row[i] ?? 0);
    own.count += 1;
    sums.set(label, own);
  }
  return sums;
}

/** Interpolates a quantile linearly, as NumPy does. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const before = sorted[Math.floor(at)] ?? 0;
  return before + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] ?? 0) - before);
}

/**
 * Learns from the features of trained pictures what is familiar: the mean of each label, and the cosines of each picture
 * to the nearest mean without itself, of which the lowest two-hundredth counts as strange and all but a twentieth as
 * familiar.
 *
 * @throws SnapshelfError `source-invalid` if no label has two pictures, or all pictures have the same feature
 */
export function familiarityOf(rows: readonly Float32Array[], labels: readonly string[]): Familiarity {
  const units = rows.map(unit);
  const sums = sumsOf(units, labels);
  const means = new Map([...sums].map(([label, { sum }]) => [label, unit(sum)]));
  const cosines = units.flatMap((row, at) => {
    const label = labels[at] ?? '';
    const own = sums.get(label);
    if (own === undefined || own.count < 2) return [];
    const others = unit(own.sum.map((value, i) => value - (row[i] ?? 0)));
    const rivals = [...means].map(([name, mean]) => dot(row, name === label ? others : mean));
    return [Math.max(...rivals)];
  });
  const sorted = Float64Array.from(cosines).sort();
  const low = quantile(sorted, strange);
  const high = quantile(sorted, known);
  if (!(high > low))
    throw new SnapshelfError(
      'source-invalid',
      'The familiar pictures do not say what is familiar: no label has two of them, or they are all alike. Name those that the network was trained on.',
    );
  const flat = new Float32Array(means.size * (units[0]?.length ?? 0));
  for (const [at, mean] of [...means.values()].entries()) flat.set(mean, at * mean.length);
  return { labels: means.size, means: flat, low, high };
}

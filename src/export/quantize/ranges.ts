import type { ActivationHistogram } from './activation-histogram.ts';
import { leastDivergence } from './entropy.ts';

/** The numbers that a tensor's bytes cover; a number outside becomes the nearest end. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** The method that chooses a range from the numbers that a tensor had on the calibration pictures. */
export type CalibrationMethod = 'min-max' | 'percentile' | 'entropy';

/** The methods, for messages and options. */
export const calibrationMethods: readonly CalibrationMethod[] = ['min-max', 'percentile', 'entropy'];

const sum = (numbers: Float64Array): number => numbers.reduce((total, count) => total + count, 0);

/** Returns the number of leading bins that hold at most `allowed` numbers together. */
function leadingBins(counts: Float64Array, allowed: number): number {
  let held = 0;
  const first = counts.findIndex((count) => {
    held += count;
    return held > allowed;
  });
  return first === -1 ? counts.length : first;
}

/**
 * Returns the range of all numbers except the outermost `100 - percent` percent: half of those on either side, or all
 * above if no number is negative. Rounded outwards to the width of a bin.
 */
export function percentileRange(histogram: ActivationHistogram, percent: number): Range {
  const { counts, binWidth } = histogram;
  const outside = sum(counts) * (1 - percent / 100);
  const middle = counts.length / 2;
  const oneSided = histogram.low >= 0;
  const below = oneSided ? middle : leadingBins(counts, outside / 2);
  const above = leadingBins(counts.toReversed(), oneSided ? outside : outside / 2);
  return {
    low: Math.max(histogram.low, (below - middle) * binWidth),
    high: Math.min(histogram.high, (middle - above) * binWidth),
  };
}

/** Returns counts of magnitudes: bin i holds those in `[i, i + 1) * binWidth`. */
function magnitudes({ counts, low }: ActivationHistogram): Float64Array {
  const middle = counts.length / 2;
  const folded = counts.slice(middle);
  if (low >= 0) return folded;
  for (let i = 0; i < middle; i += 1) folded[i] = (folded[i] ?? 0) + (counts[middle - 1 - i] ?? 0);
  return folded;
}

/** Returns the range up to the magnitude where cutting and rounding lose least (relative entropy). */
function entropyRange(histogram: ActivationHistogram): Range {
  const levels = histogram.low >= 0 ? 256 : 128;
  const limit = leastDivergence(magnitudes(histogram), levels) * histogram.binWidth;
  return { low: Math.max(histogram.low, -limit), high: Math.min(histogram.high, limit) };
}

/**
 * Chooses the range of a tensor.
 *
 * @param percent - the percentage of the numbers that `percentile` keeps, above 50 and at most 100
 */
export function rangeOf(histogram: ActivationHistogram, method: CalibrationMethod, percent: number): Range {
  if (method === 'percentile') return percentileRange(histogram, percent);
  return method === 'entropy' ? entropyRange(histogram) : { low: histogram.low, high: histogram.high };
}

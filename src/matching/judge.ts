import { checkNumber } from '../arguments.ts';
import { SnapshelfError } from '../errors.ts';
import { counted } from '../text.ts';
import type { Calibration } from './calibration-schema.ts';
import { falseMatchesOf, strengthOf, strictnessFor } from './fit.ts';
import { chanceAt } from './isotonic.ts';
import { leastExpected, supports, thresholdsOf } from './thresholds.ts';

/** The share of changed items from which a calibration should be made again. */
export const dueAt = 0.2;
/** The share from which it is not used any more. */
const outdatedAt = 1;

/** The state of a collection that a calibration is compared with. */
export interface CollectionState {
  readonly modelId: string;
  readonly items: number;
  readonly products: number;
  readonly sequence: number;
}

/** An answer that is judged. */
export interface JudgedHit {
  readonly score: number;
  /** The score of the best other product; undefined if there is none. */
  readonly rival: number | undefined;
  readonly category: string | null;
  /** True if no product is nearer. */
  readonly isNearest: boolean;
}

/** Returns the changes since a calibration, as a share of the items that it was made of. */
export function changedShare(calibration: Calibration, { items, sequence }: CollectionState): number {
  const changes = Math.max(Math.abs(items - calibration.items), sequence - calibration.sequence);
  return changes / Math.max(calibration.items, 1);
}

/** Returns why a calibration says nothing of a collection; undefined if it fits. */
export function misfit(
  calibration: Calibration,
  now: CollectionState,
): 'other-model' | 'changed' | undefined {
  if (calibration.modelId !== now.modelId) return 'other-model';
  return changedShare(calibration, now) >= outdatedAt ? 'changed' : undefined;
}

/** Returns the chance that an answer is the product that was searched for. */
export function confidenceOf(
  calibration: Pick<Calibration, 'nearest' | 'nearestBy' | 'further' | 'rivalWeight'>,
  hit: JudgedHit,
): number {
  const { nearest, nearestBy, further, rivalWeight } = calibration;
  const own = nearestBy.find(({ category }) => category === hit.category)?.curve;
  const curve = hit.isNearest ? (own ?? nearest) : further;
  return chanceAt(curve, strengthOf(hit.score, hit.rival, rivalWeight));
}

/** Checks a rate of false matches. @throws RangeError for one out of range. */
export const checkRate = (rate: number): void => checkNumber('maxFalseMatch', rate, { above: 0, to: 0.5 });

/**
 * Returns a test of answers that so many of the searches for products that are not there pass at most: the share `rate`.
 * @throws RangeError for a rate out of range.
 * @throws SnapshelfError `too-few-pairs` for one that the calibration does not support.
 */
export function acceptanceAt(
  calibration: Calibration,
  rate: number,
  { products }: CollectionState,
): (hit: JudgedHit) => boolean {
  checkRate(rate);
  const falseMatches = falseMatchesOf(calibration);
  if (!supports(falseMatches, rate)) throw unsupported(rate, falseMatches);
  const strictness = strictnessFor(calibration.products, products);
  const threshold = thresholdsOf(calibration.falseMatches, rate, strictness);
  return ({ score, rival, category }) =>
    strengthOf(score, rival, calibration.rivalWeight) > threshold(category);
}

/** Returns the least rate that a calibration supports, to four digits and no less. */
export const leastRate = (calibration: Calibration): number =>
  Math.ceil((leastExpected / falseMatchesOf(calibration)) * 1e6) / 1e6;

const percent = (share: number): string => `${Number((100 * share).toPrecision(4))} %`;

function unsupported(rate: number, pairs: number): SnapshelfError {
  const least = Math.ceil((leastExpected / pairs) * 1e6) / 1e6;
  return new SnapshelfError(
    'too-few-pairs',
    `A rate of false matches of ${percent(rate)} would rest on fewer than ${leastExpected} of the ${counted(pairs, 'pair')} of the calibration. Ask for ${percent(least)} or more, or calibrate again with more items.`,
    { details: { rate, pairs, leastRate: least } },
  );
}

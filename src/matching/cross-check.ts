import { setImmediate } from 'node:timers/promises';
import type { Calibration, CrossCheck } from './calibration-schema.ts';
import {
  type Answer,
  answersOf,
  byCategory,
  type CalibrationSearch,
  type Fitted,
  fitAnswers,
  ratesFor,
  strengthOf,
  strictnessFor,
} from './fit.ts';
import { confidenceOf } from './judge.ts';
import { type BinCase, binsOfSize, binsOfTenths, brief, digits } from './seen-bins.ts';
import { type SeenShare, seenShare } from './seen-share.ts';
import { supports, thresholdsOf } from './thresholds.ts';

/** Parts that the products are divided into. */
const parts = 5;
/** Rates that are told of each category. */
const usualRates = [0.01, 0.05];
/** Categories that are told of, the most frequent. */
const mostCategories = 50;

/** An answer to a search, judged by what the searches for other products say. */
interface Judged {
  readonly product: string;
  readonly category: string | null;
  readonly isKnown: boolean;
  readonly isRight: boolean;
  readonly confidence: number;
  /** At each rate. */
  readonly accepted: readonly boolean[];
}

/**
 * Checks a calibration on searches that it does not know: those for each fifth of the products by what the others say.
 * @returns undefined where the products are too few to be divided
 */
export async function crossCheck(
  searches: readonly CalibrationSearch[],
  calibration: Calibration,
): Promise<CrossCheck | undefined> {
  const { unknownShare, products } = calibration;
  const rates = ratesFor(answersOf(searches).strangers.length);
  const judged: Judged[] = [];
  for (const { held, rest } of dividedByProduct(searches)) {
    const { known, strangers } = answersOf(rest);
    if (known.length === 0 || strangers.length === 0) return undefined;
    const fitted = fitAnswers(known, strangers, { products, unknownShare });
    judged.push(...judgeHeld(held, fitted, rates, products));
    // Other work of the process has its turn.
    await setImmediate();
  }
  return describe(judged, searches, calibration, rates);
}

function dividedByProduct(
  searches: readonly CalibrationSearch[],
): { readonly held: CalibrationSearch[]; readonly rest: CalibrationSearch[] }[] {
  const partOf = new Map<string, number>();
  for (const { product } of searches) if (!partOf.has(product)) partOf.set(product, partOf.size % parts);
  return Array.from({ length: Math.min(parts, partOf.size) }, (_, part) => {
    const isHeld = ({ product }: CalibrationSearch): boolean => partOf.get(product) === part;
    return { held: searches.filter(isHeld), rest: searches.filter((search) => !isHeld(search)) };
  });
}

function judgeHeld(
  held: readonly CalibrationSearch[],
  fitted: Fitted,
  rates: readonly number[],
  products: number,
): Judged[] {
  const { rivalWeight, falseMatches } = fitted;
  // A stranger was searched for among one product fewer than a customer's will be.
  const forStrangers = rates.map((rate) => thresholdsOf(falseMatches, rate));
  const forKnown = rates.map((rate) => thresholdsOf(falseMatches, rate, strictnessFor(products, products)));
  return nearestOf(held).map(({ product, hit, isKnown }) => {
    const strength = strengthOf(hit.score, hit.rival, rivalWeight);
    const thresholds = isKnown ? forKnown : forStrangers;
    return {
      product,
      category: hit.category,
      isKnown,
      isRight: hit.isRight,
      confidence: confidenceOf({ ...fitted, further: fitted.nearest }, { ...hit, isNearest: true }),
      accepted: thresholds.map((threshold) => strength > threshold(hit.category)),
    };
  });
}

interface NearestAnswer {
  readonly product: string;
  readonly hit: Answer;
  readonly isKnown: boolean;
}

/** The nearest answers of searches: where the product is there, and where it is left out. */
const nearestOf = (searches: readonly CalibrationSearch[]): NearestAnswer[] =>
  searches.flatMap(({ product, known: [nearest] = [], stranger }) => [
    ...(nearest === undefined ? [] : [{ product, hit: nearest, isKnown: true }]),
    ...(stranger === undefined ? [] : [{ product, hit: { ...stranger, isRight: false }, isKnown: false }]),
  ]);

function describe(
  judged: readonly Judged[],
  searches: readonly CalibrationSearch[],
  { unknownShare, rivalWeight }: Calibration,
  rates: readonly number[],
): CrossCheck {
  const known = judged.filter(({ isKnown }) => isKnown);
  const strangers = judged.filter(({ isKnown }) => !isKnown);
  const weightOf = (isKnown: boolean): number =>
    isKnown ? (1 - unknownShare) / known.length : unknownShare / strangers.length;
  const confidences = judged.map(({ confidence, isRight, isKnown, product }) => ({
    at: confidence,
    happened: isRight,
    weight: weightOf(isKnown),
    product,
  }));
  const strengths = nearestOf(searches).map(({ product, hit, isKnown }) => ({
    at: strengthOf(hit.score, hit.rival, rivalWeight),
    happened: hit.isRight,
    weight: weightOf(isKnown),
    product,
    category: hit.category,
  }));
  const counted = <T extends BinCase>(cases: readonly T[]): T[] =>
    cases.filter(({ weight = 1 }) => weight > 0);
  const hindsight = rejectsInHindsight(searches);
  const frequent = [...byCategory(strengths)].sort(([, a], [, b]) => b.length - a.length);
  const told = toldRates(rates, strangers.length);
  return {
    parts,
    rates: rates.map((rate, at) => ({ rate, ...seenAt(at, judged), inHindsight: hindsight(rate) })),
    confidences: binsOfTenths(counted(confidences)),
    strengths: binsOfSize(counted(strengths)),
    categories: frequent.slice(0, mostCategories).map(([category, ofIt]) => {
      const answers = judged.filter((one) => one.category === category);
      const seen = told.map((rate) => ({ rate, ...seenAt(rates.indexOf(rate), answers) }));
      return { category, strengths: binsOfSize(counted(ofIt)), rates: seen };
    }),
  };
}

/** Returns the rates that are told of each category: the usual ones that so many pairs support, else the least of all. */
export function toldRates(rates: readonly number[], pairs: number): number[] {
  const usual = usualRates.filter((rate) => supports(pairs, rate));
  return usual.length > 0 ? usual : rates.slice(0, 1);
}

/** The false matches and false rejects at a rate; null where nothing was searched for. */
function seenAt(
  at: number,
  judged: readonly Judged[],
): { readonly falseMatches: SeenShare | null; readonly falseRejects: SeenShare | null } {
  const share = (ones: readonly Judged[], happened: (one: Judged) => boolean): SeenShare | null => {
    const cases = ones.map((one) => ({ happened: happened(one), product: one.product }));
    return cases.length === 0 ? null : brief(seenShare(cases));
  };
  const isAccepted = ({ accepted }: Judged): boolean => accepted[at] === true;
  return {
    falseMatches: share(
      judged.filter(({ isKnown }) => !isKnown),
      isAccepted,
    ),
    falseRejects: share(
      judged.filter(({ isKnown }) => isKnown),
      (one) => !(one.isRight && isAccepted(one)),
    ),
  };
}

/** Returns the false rejects of the best threshold on the score alone that keeps a rate on these very searches. */
function rejectsInHindsight(searches: readonly CalibrationSearch[]): (rate: number) => number {
  const { known, strangers } = answersOf(searches);
  const falling = strangers.map(({ score }) => score).sort((a, b) => b - a);
  return (rate) => {
    const threshold = falling[Math.floor(rate * falling.length + 1e-9)] ?? Number.NEGATIVE_INFINITY;
    const found = known.filter(({ isRight, score }) => isRight && score > threshold);
    return digits(1 - found.length / known.length);
  };
}

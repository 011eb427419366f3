import { SnapshelfError } from '../errors.ts';
import { counted } from '../text.ts';
import { type Calibration, maxCategories, maxCategory } from './calibration-schema.ts';
import { fitChances, type Outcome } from './isotonic.ts';
import { countFalse, type FalseMatches, leastExpected, supports, thresholdsOf } from './thresholds.ts';

/** An answer to one of the searches that a calibration is made of: a product, by its best item. */
export interface CalibrationHit {
  readonly score: number;
  /** The score of the best other product; undefined if there is none. */
  readonly rival: number | undefined;
  readonly category: string | null;
}

/** A search for an item of a collection, with the item left out. */
export interface CalibrationSearch {
  /** The product of the item. */
  readonly product: string;
  /** The answer if the product of the item were not there: the nearest other product. */
  readonly stranger?: CalibrationHit | undefined;
  /** The products by falling score, where the product of the item has other items. */
  readonly known?: readonly (CalibrationHit & { readonly isRight: boolean })[] | undefined;
}

/** The facts of a collection that a calibration is made of. */
export type CalibrationOf = Pick<
  Calibration,
  'modelId' | 'metric' | 'calibratedAt' | 'sequence' | 'items' | 'products' | 'category' | 'unknownShare'
>;

/** An answer to a search for a product that is there. */
export type Answer = CalibrationHit & { readonly isRight: boolean };

/** The part that is fitted to the nearest answers. */
export type Fitted = Pick<Calibration, 'rivalWeight' | 'falseMatches' | 'nearest' | 'nearestBy'>;

/** The weights of the rival that are tried. So few cannot fit noise. */
const rivalWeights = [0, 0.25, 0.5, 0.75];
/** The rate at which they are compared, if there are enough searches. */
const comparedAt = 0.01;
/** Outcomes of a category that has a curve of its own, and those of them that are right, and wrong. */
const leastOutcomes = 200;
const leastOfEach = 20;
/** The fewest searches of each kind. */
const leastSearches = 2 * leastExpected;
const leastProducts = 3;

/** Returns the strength of an answer: its score less its share of the best other product's. Without another it is its own rival. */
export const strengthOf = (score: number, rival: number | undefined, rivalWeight: number): number =>
  score - rivalWeight * (rival ?? score);

/** Returns the factor that makes thresholds of a collection hold that has so many products: each further one can be a false match. */
export const strictnessFor = (calibrated: number, now: number): number =>
  (calibrated - 1) / Math.max(calibrated, now);

/**
 * Makes the calibration of a collection.
 * @throws SnapshelfError `too-few-pairs`.
 */
export function fitCalibration(searches: readonly CalibrationSearch[], of: CalibrationOf): Calibration {
  const { known, strangers } = answersOf(searches);
  checkEnough(strangers.length, known.length, of);
  const fitted = fitAnswers(known, strangers, of);
  const { rivalWeight, falseMatches } = fitted;
  const strictness = strictnessFor(of.products, of.products);
  const further = searches.flatMap(({ known: hits = [] }) => hits.slice(1));
  return {
    format: 'snapshelf-calibration',
    version: 1,
    ...of,
    ...fitted,
    known: known.length,
    right: known.filter(({ isRight }) => isRight).length,
    further: fitChances(
      further.length === 0
        ? nearestOutcomes(known, strangers, { rivalWeight, unknownShare: of.unknownShare })
        : further.map((hit) => outcomeOf(hit, rivalWeight, 1)),
    ),
    tradeOff: ratesFor(strangers.length).map((rate) => ({
      rate,
      falseRejects: falseRejects(known, falseMatches, { rivalWeight, rate, strictness }),
    })),
  };
}

/** Returns the nearest answers of searches: where the product is there, and where it is left out. */
export const answersOf = (
  searches: readonly CalibrationSearch[],
): { readonly known: Answer[]; readonly strangers: CalibrationHit[] } => ({
  known: searches.flatMap(({ known = [] }) => known.slice(0, 1)),
  strangers: searches.flatMap(({ stranger }) => stranger ?? []),
});

/** Fits the weight of the rival, the false matches and the chances of the nearest answers, one or more of each kind. */
export function fitAnswers(
  known: readonly Answer[],
  strangers: readonly CalibrationHit[],
  { products, unknownShare }: Pick<CalibrationOf, 'products' | 'unknownShare'>,
): Fitted {
  const rate = Math.max(comparedAt, leastExpected / strangers.length);
  const strictness = strictnessFor(products, products);
  const tried = rivalWeights.map((rivalWeight) => {
    const falseMatches = groupsOf(strangers, rivalWeight);
    const rejects = falseRejects(known, falseMatches, { rivalWeight, rate, strictness });
    return { rivalWeight, falseMatches, rejects };
  });
  const [best] = tried.toSorted((a, b) => a.rejects - b.rejects);
  const { rivalWeight, falseMatches } = best as (typeof tried)[number];
  const outcomes = nearestOutcomes(known, strangers, { rivalWeight, unknownShare });
  return { rivalWeight, falseMatches, nearest: fitChances(outcomes), nearestBy: curvesBy(outcomes) };
}

function checkEnough(
  strangers: number,
  known: number,
  { items, products }: Pick<CalibrationOf, 'items' | 'products'>,
): void {
  if (products >= leastProducts && strangers >= leastSearches && known >= leastSearches) return;
  const what =
    products === items && items > 0
      ? 'Each item is a product of its own: give those that show the same thing one product'
      : 'Add more pictures of the same products';
  throw new SnapshelfError(
    'too-few-pairs',
    `The collection has ${counted(products, 'product')}, and ${counted(known, 'item')} whose product has others; a calibration needs ${leastProducts} products and ${leastSearches} such items. ${what}.`,
    { details: { products, known, strangers } },
  );
}

type CategorisedOutcome = Outcome & { readonly category: string | null };

const outcomeOf = (hit: Answer, rivalWeight: number, weight: number): CategorisedOutcome => ({
  score: strengthOf(hit.score, hit.rival, rivalWeight),
  isRight: hit.isRight,
  category: hit.category,
  weight,
});

/** The nearest answers to products that are there and to strangers, in the shares that are assumed. */
function nearestOutcomes(
  known: readonly Answer[],
  strangers: readonly CalibrationHit[],
  { rivalWeight, unknownShare }: { readonly rivalWeight: number; readonly unknownShare: number },
): CategorisedOutcome[] {
  const ofKnown = (1 - unknownShare) / known.length;
  const ofStrangers = unknownShare / strangers.length;
  return [
    ...known.map((hit) => outcomeOf(hit, rivalWeight, ofKnown)),
    ...strangers.map((hit) => outcomeOf({ ...hit, isRight: false }, rivalWeight, ofStrangers)),
  ].filter(({ weight }) => weight > 0);
}

function curvesBy(outcomes: readonly CategorisedOutcome[]): Calibration['nearestBy'] {
  return [...byCategory(outcomes)]
    .filter(([, ofIt]) => {
      const right = ofIt.filter(({ isRight }) => isRight).length;
      return ofIt.length >= leastOutcomes && Math.min(right, ofIt.length - right) >= leastOfEach;
    })
    .map(([category, ofIt]) => ({ category, curve: fitChances(ofIt) }));
}

/** The strengths of false matches by category; those of the categories beyond the most frequent count as of none. */
function groupsOf(strangers: readonly CalibrationHit[], rivalWeight: number): FalseMatches[] {
  const frequent = [...byCategory(strangers)].sort(([, a], [, b]) => b.length - a.length);
  const named = new Set(frequent.slice(0, maxCategories).map(([category]) => category));
  const hits = strangers.map((hit) => (named.has(hit.category) ? hit : { ...hit, category: null }));
  return [...byCategory(hits)].map(([category, ofIt]) => ({
    category,
    strengths: ofIt.map(({ score, rival }) => strengthOf(score, rival, rivalWeight)).sort((a, b) => b - a),
  }));
}

/** Divides answers by their category. */
export function byCategory<T extends { readonly category: string | null }>(
  values: readonly T[],
): Map<string | null, T[]> {
  const groups = new Map<string | null, T[]>();
  for (const value of values) {
    const group = groups.get(value.category);
    if (group === undefined) groups.set(value.category, [value]);
    else group.push(value);
  }
  return groups;
}

interface At {
  readonly rivalWeight: number;
  readonly rate: number;
  readonly strictness: number;
}

/** The share of searches for products that are there whose nearest answer is wrong, or not accepted. */
function falseRejects(
  nearest: readonly Answer[],
  groups: readonly FalseMatches[],
  { rivalWeight, rate, strictness }: At,
): number {
  const threshold = thresholdsOf(groups, rate, strictness);
  const accepted = nearest.filter(
    ({ isRight, score, rival, category }) =>
      isRight && strengthOf(score, rival, rivalWeight) > threshold(category),
  );
  return 1 - accepted.length / nearest.length;
}

/** Returns the rates that so many false matches support, from the least on. */
export function ratesFor(falseMatches: number): number[] {
  const steps = [1, 1.5, 2, 3, 5, 7];
  const all = [1e-4, 1e-3, 1e-2, 1e-1].flatMap((scale) => steps.map((step) => step * scale));
  return all
    .filter((rate) => rate <= 0.5 && supports(falseMatches, rate))
    .map((rate) => Number(rate.toPrecision(2)));
}

/** Returns the name of a category as a calibration keeps it. */
export const categoryName = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value).slice(0, maxCategory)
    : null;

/** Returns the number of false matches that a calibration rests on. */
export const falseMatchesOf = ({ falseMatches }: Calibration): number => countFalse(falseMatches);

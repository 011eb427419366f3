/** False matches that a calibration has to expect at a rate; with fewer it does not support the rate. */
export const leastExpected = 10;

/** The strengths of false matches: those of the nearest answers to products that are not there, by the category of the answer. */
export interface FalseMatches {
  /** null: the answers that have none. */
  readonly category: string | null;
  /** Falling. */
  readonly strengths: readonly number[];
}

/** True if of so many false matches enough are expected at a rate. */
export const supports = (falseMatches: number, rate: number): boolean =>
  falseMatches * rate >= leastExpected - 1e-9;

/**
 * Returns the strength above which an answer is accepted so that of further false matches like these at most the share `rate` is: the
 * threshold of split-conformal prediction, whose rank counts the further one too.
 * @param strengths falling
 */
export function conformalThreshold(strengths: ArrayLike<number>, rate: number): number {
  // Rounding must not lose a rank: 0.07 x 100 is 7.000000000000001, and 0.29 x 100 is 28.999999999999996.
  const rank = Math.floor(rate * (strengths.length + 1) + 1e-9);
  if (rank < 1) return Number.POSITIVE_INFINITY;
  return strengths[rank - 1] ?? Number.NEGATIVE_INFINITY;
}

/** Returns the number of false matches. */
export const countFalse = (groups: readonly FalseMatches[]): number =>
  groups.reduce((sum, { strengths }) => sum + strengths.length, 0);

/** The thresholds of categories at a rate. */
export interface Thresholds {
  /** Of the categories that have their own, with the pairs that each rests on. */
  readonly own: ReadonlyMap<string | null, Threshold>;
  /** Of all others. */
  readonly shared: Threshold;
}

/** A threshold, and the number of false matches that it rests on. */
export interface Threshold {
  readonly strength: number;
  readonly pairs: number;
}

/**
 * Returns the thresholds of the categories at a rate (Mondrian conformal prediction): a category has its own where its false matches
 * support the rate; the others share one, joined by the smallest of those until they do. The division goes by numbers alone,
 * not by strengths, so the rate holds in each part.
 * @param rate the rate that is wanted
 * @param strictness a factor of the rate, at most 1, for thresholds that are stricter
 */
export function divideThresholds(groups: readonly FalseMatches[], rate: number, strictness = 1): Thresholds {
  const at = (strengths: ArrayLike<number>): Threshold => ({
    strength: conformalThreshold(strengths, rate * strictness),
    pairs: strengths.length,
  });
  const shared: number[] = [];
  const own = new Map<string | null, Threshold>();
  for (const { category, strengths } of groups.toSorted((a, b) => a.strengths.length - b.strengths.length)) {
    const joins = !supports(strengths.length, rate) || (shared.length > 0 && !supports(shared.length, rate));
    if (joins) shared.push(...strengths);
    else own.set(category, at(strengths));
  }
  const others = supports(shared.length, rate) ? shared : groups.flatMap(({ strengths }) => strengths);
  // Numbers of a typed array are sorted by value, several times as fast.
  return { own, shared: at(Float64Array.from(others).sort().reverse()) };
}

/**
 * Returns the threshold of each category at a rate, as `divideThresholds` divides them. A category that is none of the groups, as the
 * rare ones of very many, counts as none.
 */
export function thresholdsOf(
  groups: readonly FalseMatches[],
  rate: number,
  strictness = 1,
): (category: string | null) => number {
  const { own, shared } = divideThresholds(groups, rate, strictness);
  const named = new Set(groups.map(({ category }) => category));
  return (category) => (own.get(named.has(category) ? category : null) ?? shared).strength;
}

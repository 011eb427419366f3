/** A share of cases that was seen, with its 95 % interval. */
export interface SeenShare {
  readonly share: number;
  readonly low: number;
  readonly high: number;
  /** Cases. */
  readonly of: number;
}

/** Something that happened or did not, in a search. */
export interface SeenCase {
  readonly happened: boolean;
  /** Cases that it counts as, above 0. Default 1. */
  readonly weight?: number | undefined;
  /** The product that was searched for: pictures of one are alike, and not independent cases. */
  readonly product: string;
}

/** The normal distribution's bound of 95 %. */
const bound = 1.959963984540054;

/** Returns Wilson's score interval of 95 % for a share of so many independent cases, which need not be whole. */
export function wilsonInterval(share: number, cases: number): readonly [low: number, high: number] {
  const squared = bound ** 2 / cases;
  const middle = (share + squared / 2) / (1 + squared);
  const half = (bound * Math.sqrt((share * (1 - share)) / cases + squared / (4 * cases))) / (1 + squared);
  // Rounding must not leave the share outside.
  return [Math.min(share, Math.max(0, middle - half)), Math.max(share, Math.min(1, middle + half))];
}

/**
 * Returns the share of cases that happened, one or more, with Wilson's interval for as many independent cases as they are
 * worth: no fewer than their products, and so many that the share would vary as much as it does between the products.
 */
export function seenShare(cases: readonly SeenCase[]): SeenShare {
  const weights = cases.map(({ weight = 1 }) => weight);
  const total = sumOf(weights);
  const share = Math.min(
    1,
    sumOf(cases.map(({ happened }, i) => (happened ? (weights[i] ?? 0) : 0))) / total,
  );
  const products = new Map<string, { weight: number; excess: number }>();
  for (const [i, { happened, product }] of cases.entries()) {
    const weight = weights[i] ?? 0;
    const known = products.get(product) ?? { weight: 0, excess: 0 };
    known.weight += weight;
    known.excess += weight * (Number(happened) - share);
    products.set(product, known);
  }
  const each = [...products.values()];
  const asProducts = total ** 2 / sumOf(each.map(({ weight }) => weight ** 2));
  const asCases = total ** 2 / sumOf(weights.map((weight) => weight ** 2));
  const squares = sumOf(each.map(({ excess }) => excess ** 2)) * (each.length / (each.length - 1));
  // Where nothing varies, or there is one product, this is no number.
  const asSeen = (share * (1 - share) * total ** 2) / squares;
  const worth = asSeen > asProducts ? Math.min(asSeen, asCases) : asProducts;
  const [low, high] = wilsonInterval(share, worth);
  return { share, low, high, of: cases.length };
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

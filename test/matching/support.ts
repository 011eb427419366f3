import {
  type Calibration,
  type CalibrationHit,
  type CalibrationOf,
  type CalibrationSearch,
  crossCheck,
  fitCalibration,
} from '../../src/matching/index.ts';
import { randomNumbers } from '../../src/random.ts';

/** A hit and whether it is the product that was searched for. */
export type Judged = CalibrationHit & { readonly isRight: boolean };

/** Searches of a shop, and of what it does not have. */
export interface Shop {
  readonly name: string;
  readonly products: number;
  readonly searches: readonly CalibrationSearch[];
  readonly known: readonly Judged[];
  readonly strangers: readonly CalibrationHit[];
  /** The product of each of the strangers. */
  readonly strangerLabels: readonly number[];
}

/** The facts of a calibration of so many products. */
export const calibrationOf = (products: number): CalibrationOf => ({
  modelId: 'a'.repeat(64),
  metric: 'cosine',
  calibratedAt: '2026-01-01T00:00:00.000Z',
  sequence: 100,
  items: 100,
  products,
  category: 'label',
  unknownShare: 0.5,
});

/** Draws a shop: products near one another in categories, with several views each; some are searched for that are not there. */
export function drawShop(seed: number): Shop {
  const random = randomNumbers(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const vector = (around: readonly number[], spread: number): number[] =>
    around.map((x) => x + spread * normal());
  const origin = new Array<number>(24).fill(0);
  const categories = Array.from({ length: 8 }, () => vector(origin, 1));
  const views = Array.from({ length: 240 }, (_, product) => {
    const category = product % categories.length;
    const centre = vector(categories[category] ?? origin, 0.6);
    const isThere = random() < 0.75;
    const difficulty = 0.15 + 0.25 * random();
    return Array.from({ length: 9 }, (_, view) => {
      const v = vector(centre, difficulty);
      const length = Math.hypot(...v);
      return {
        product,
        category: String(category),
        isThere,
        isQuery: view >= 7,
        v: v.map((x) => x / length),
      };
    });
  }).flat();
  const gallery = views.filter(({ isThere, isQuery }) => isThere && !isQuery);
  type View = (typeof views)[number];
  const ranked = (query: View, without?: number): Judged[] => {
    const best = new Map<number, { score: number; category: string }>();
    for (const item of gallery) {
      if (item === query || item.product === without) continue;
      const score = item.v.reduce((sum, x, i) => sum + x * (query.v[i] ?? 0), 0);
      if (score > (best.get(item.product)?.score ?? -2))
        best.set(item.product, { score, category: item.category });
    }
    const sorted = [...best].sort(([, a], [, b]) => b.score - a.score).slice(0, 5);
    return sorted.map(([product, { score, category }], i) => ({
      score,
      category,
      rival: sorted[i === 0 ? 1 : 0]?.[1].score,
      isRight: product === query.product,
    }));
  };
  const strangers = views.filter(({ isThere }) => !isThere);
  return {
    name: `drawn ${seed}`,
    products: new Set(gallery.map(({ product }) => product)).size,
    searches: gallery.map((item) => ({
      product: String(item.product),
      known: ranked(item),
      stranger: ranked(item, item.product)[0],
    })),
    known: views
      .filter(({ isThere, isQuery }) => isThere && isQuery)
      .flatMap((view) => ranked(view).slice(0, 1)),
    strangers: strangers.flatMap((view) => ranked(view).slice(0, 1)),
    strangerLabels: strangers.map(({ product }) => product),
  };
}

/** Makes the calibration of a drawn shop, checked on searches that it does not know. */
export async function drawnCalibration(modelId: string): Promise<Calibration> {
  const { searches, products } = drawShop(1);
  const calibration = fitCalibration(searches, { ...calibrationOf(products), modelId });
  return { ...calibration, crossCheck: await crossCheck(searches, calibration) };
}

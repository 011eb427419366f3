import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import {
  acceptanceAt,
  type Calibration,
  type CalibrationHit,
  confidenceOf,
  falseMatchesOf,
  fitCalibration,
} from '../../src/matching/index.ts';
import { calibrationOf, drawShop, type Judged, type Shop } from './support.ts';

type Row = readonly [score: number, rival: number, category: number, right?: number];

interface Split {
  readonly name: string;
  readonly products: number;
  readonly categories: readonly string[];
  readonly pairs: readonly Row[];
  readonly itself: readonly Row[];
  readonly known: readonly Row[];
  readonly strangers: readonly Row[];
  readonly strangerLabels: readonly number[];
}

/** Photographs of groceries, and of household goods and coins, by generate.py. */
function realShops(): Shop[] {
  const path = new URL('../../../test/fixtures/matching/splits.json', import.meta.url);
  const splits = JSON.parse(readFileSync(path, 'utf8')) as Split[];
  return splits.map(({ categories, pairs, itself, known, strangers, ...rest }) => {
    const hit = ([score, rival, category, right]: Row): Judged => ({
      score: score / 1000,
      rival: rival / 1000,
      category: categories[category] ?? null,
      isRight: right === 1,
    });
    const searches = pairs.map((row, i) => ({
      product: `${i}`,
      stranger: hit(row),
      known: [hit(itself[i] as Row)],
    }));
    return { ...rest, searches, known: known.map(hit), strangers: strangers.map(hit) };
  });
}

const judged = <T extends CalibrationHit>(hit: T) => ({ ...hit, isNearest: true });

/** Two standard errors of a rate that was seen, as products are drawn and not pictures, and of the pairs behind the promise. */
function interval(
  { strangerLabels }: Shop,
  accepted: readonly boolean[],
  rate: number,
  pairs: number,
): number {
  const mean = accepted.filter(Boolean).length / accepted.length;
  const excess = new Map<number, number>();
  for (const [i, label] of strangerLabels.entries())
    excess.set(label, (excess.get(label) ?? 0) + Number(accepted[i]) - mean);
  const clusters = excess.size;
  const squares = [...excess.values()].reduce((sum, x) => sum + x * x, 0);
  const ofSeen = (squares * clusters) / (clusters - 1) / accepted.length ** 2;
  const ofPromise = (rate * (1 - rate)) / pairs + (rate * (1 - rate)) / accepted.length;
  return 2 * Math.sqrt(ofSeen + ofPromise);
}

/** The share of false rejects of the best threshold on the score alone that keeps the rate of false matches, known afterwards. */
function inHindsight({ strangers, known }: Shop, rate: number): number {
  const falling = strangers.map(({ score }) => score).sort((a, b) => b - a);
  const threshold = falling[Math.floor(rate * falling.length)] ?? -1;
  return 1 - known.filter(({ isRight, score }) => isRight && score > threshold).length / known.length;
}

for (const shop of [drawShop(1), drawShop(2), drawShop(3), ...realShops()])
  test(`${shop.name}: false matches are as promised, and rejects no more than by the best single threshold`, () => {
    const calibration: Calibration = fitCalibration(shop.searches, calibrationOf(shop.products));
    const pairs = falseMatchesOf(calibration);
    for (const rate of [0.01, 0.05]) {
      const accepts = acceptanceAt(calibration, rate, { ...calibration });
      const accepted = shop.strangers.map((hit) => accepts(judged(hit)));
      const seen = accepted.filter(Boolean).length / accepted.length;
      const found = shop.known.filter((hit) => hit.isRight && accepts(judged(hit))).length;
      const rejects = 1 - found / shop.known.length;
      const within = interval(shop, accepted, rate, pairs);
      const best = inHindsight(shop, rate);
      const told = `at ${rate}: ${seen.toFixed(4)} of ${accepted.length} (+- ${within.toFixed(4)}), rejects ${rejects.toFixed(3)}, in hindsight ${best.toFixed(3)}, rival ${calibration.rivalWeight}, pairs ${pairs}`;
      if (process.env['SHOW'] !== undefined) console.log(shop.name, told);
      assert.ok(Math.abs(seen - rate) <= within, told);
      assert.ok(rejects <= best + 0.03, told);
    }
  });

test('confidences are chances: of the answers with about the same, so many are right', () => {
  const shop = drawShop(4);
  const calibration = fitCalibration(shop.searches, calibrationOf(shop.products));
  // As many strangers as known, as is assumed.
  const strangers = shop.strangers.map((hit) => ({ ...hit, isRight: false }));
  const each = Math.min(strangers.length, shop.known.length);
  const answers = [...shop.known.slice(0, each), ...strangers.slice(0, each)];
  const bins = Array.from({ length: 5 }, () => ({ right: 0, expected: 0, count: 0 }));
  for (const hit of answers) {
    const confidence = confidenceOf(calibration, judged(hit));
    assert.ok(confidence > 0 && confidence < 1);
    const bin = bins[Math.min(4, Math.floor(5 * confidence))] as (typeof bins)[number];
    bin.right += Number(hit.isRight);
    bin.expected += confidence;
    bin.count += 1;
  }
  const error =
    bins.reduce((sum, { right, expected }) => sum + Math.abs(right - expected), 0) / answers.length;
  assert.ok(error < 0.05, `the expected calibration error is ${error}`);
});

test('a rate that fewer than ten false matches stand for is refused, and a collection of few pairs', () => {
  const shop = drawShop(1);
  const calibration = fitCalibration(shop.searches, calibrationOf(shop.products));
  const pairs = falseMatchesOf(calibration);
  const code = (error: unknown) => error instanceof SnapshelfError && error.code === 'too-few-pairs';
  acceptanceAt(calibration, 10 / pairs, calibration);
  assert.throws(() => acceptanceAt(calibration, 9.9 / pairs, calibration), code);
  for (const wrong of [0, -1, 0.51, Number.NaN])
    assert.throws(() => acceptanceAt(calibration, wrong, calibration), RangeError);
  assert.throws(() => fitCalibration(shop.searches.slice(0, 19), calibrationOf(shop.products)), code);
  assert.throws(() => fitCalibration(shop.searches, calibrationOf(2)), code);
  const unknown = shop.searches.map(({ product, stranger }) => ({ product, stranger }));
  assert.throws(() => fitCalibration(unknown, calibrationOf(shop.products)), code);
});

test('of a collection that has grown fewer are accepted', () => {
  const shop = drawShop(2);
  const calibration = fitCalibration(shop.searches, calibrationOf(shop.products));
  const count = (products: number): number => {
    const accepts = acceptanceAt(calibration, 0.05, { ...calibration, products });
    return shop.strangers.filter((hit) => accepts(judged(hit))).length;
  };
  assert.ok(count(1.9 * shop.products) < count(shop.products));
  assert.equal(count(shop.products / 2), count(shop.products));
});

test('the answers of rare categories, of more than a calibration tells apart, are held to their own false matches', () => {
  // 200 frequent categories of weak false matches, and 300 rare ones of strong ones.
  const searches = Array.from({ length: 200 * 12 + 300 * 4 }, (_, i) => {
    const isRare = i >= 200 * 12;
    const category = isRare ? `rare ${i % 300}` : `frequent ${i % 200}`;
    const score = (isRare ? 0.6 : 0.2) + 0.3 * ((i * 0.618034) % 1);
    const hit = { score, rival: 0, category };
    return { product: `${i % 900}`, stranger: hit, known: [{ ...hit, score: 0.95, isRight: true }] };
  });
  const calibration = fitCalibration(searches, calibrationOf(900));
  const accepts = acceptanceAt(calibration, 0.05, calibration);
  for (const isRare of [true, false]) {
    const asked = searches.filter(({ stranger }) => stranger.category.startsWith('rare') === isRare);
    const accepted = asked.filter(({ stranger }) => accepts(judged(stranger)));
    assert.ok(accepted.length / asked.length <= 0.05, `${isRare}: ${accepted.length} of ${asked.length}`);
    assert.ok(accepted.length / asked.length >= 0.02, `${isRare}: ${accepted.length} of ${asked.length}`);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  calibrationSchema,
  crossCheck,
  fitCalibration,
  seenShare,
  wilsonInterval,
} from '../../src/matching/index.ts';
import { calibrationOf, drawShop } from './support.ts';

const near = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);

test("intervals are Wilson's", () => {
  // scipy.stats.binomtest(count, n).proportion_ci(method='wilson')
  for (const [share, cases, low, high] of [
    [0.8, 10, 0.49016247, 0.94331785],
    [0, 10, 0, 0.2775328],
    [1, 10, 0.7224672, 1],
    [0.01, 1000, 0.00544075, 0.01830947],
  ] as const) {
    const found = wilsonInterval(share, cases);
    near(found[0], low);
    near(found[1], high);
  }
});

test('pictures of one product are alike: copies of each case make no interval narrower', () => {
  const cases = Array.from({ length: 40 }, (_, i) => ({ happened: i % 4 === 0, product: `${i}` }));
  const once = seenShare(cases);
  const copied = seenShare([...cases, ...cases, ...cases]);
  assert.deepEqual([once.share, once.of, copied.of], [0.25, 40, 120]);
  const [low, high] = wilsonInterval(0.25, 40);
  near(once.low, low);
  near(once.high, high);
  near(copied.low, low);
  near(copied.high, high);
  // Products that are no more alike than others are as many cases as they are.
  const mixed = seenShare(
    Array.from({ length: 120 }, (_, i) => ({ happened: i % 4 === 0, product: `${i >> 2}` })),
  );
  near(mixed.high, wilsonInterval(0.25, 120)[1]);
  assert.ok(seenShare(cases.map((one) => ({ ...one, product: 'one' }))).high > 0.8);
});

test('each product is judged by what the others say', async () => {
  // Of each product all false matches have one score, so a product that was judged by itself too would be told by it.
  const searches = [0.1, 0.2, 0.3, 0.4, 0.5].flatMap((score) =>
    Array.from({ length: 20 }, () => {
      const stranger = { score, rival: undefined, category: null };
      return { product: `${score}`, stranger, known: [{ ...stranger, score: 0.9, isRight: true }] };
    }),
  );
  const calibration = fitCalibration(searches, calibrationOf(1000));
  const check = await crossCheck(searches, calibration);
  const at = check?.rates.find(({ rate }) => rate === 0.3);
  // The threshold of each is the 24th of the others' 80 scores: below both of the highest two products.
  assert.equal(at?.falseMatches?.share, 0.4);
  assert.deepEqual([at?.falseMatches?.of, at?.falseRejects?.share], [100, 0]);
  assert.equal(at?.inHindsight, 0);
});

test('what was seen stands beside what was promised, and is kept with the calibration', async () => {
  const shop = drawShop(5);
  const calibration = fitCalibration(shop.searches, calibrationOf(shop.products));
  const check = (await crossCheck(shop.searches, calibration)) ?? assert.fail('no check');
  const kept = calibrationSchema.parse(JSON.parse(JSON.stringify({ ...calibration, crossCheck: check })));
  assert.deepEqual(kept.crossCheck, check);
  // One of an earlier release is read too.
  assert.equal(calibrationSchema.parse(JSON.parse(JSON.stringify(calibration))).crossCheck, undefined);
  const held = check.rates.filter(
    ({ rate, falseMatches: seen }) => seen !== null && seen.low <= rate && rate <= seen.high,
  );
  assert.ok(held.length >= 0.8 * check.rates.length, JSON.stringify(check.rates));
  for (const [at, { falseRejects, inHindsight }] of check.rates.entries()) {
    const before = check.rates[at - 1];
    assert.ok((falseRejects?.share ?? 1) <= inHindsight + 0.03);
    assert.ok(before === undefined || inHindsight <= before.inHindsight);
  }
  const answers = 2 * shop.searches.length;
  for (const bins of [check.confidences, check.strengths]) {
    assert.equal(
      bins.reduce((sum, { of }) => sum + of, 0),
      answers,
    );
    for (const { low, share, high } of bins) assert.ok(low <= share && share <= high);
  }
  const pairs = check.categories.flatMap(({ rates }) => rates[0]?.falseMatches?.of ?? []);
  assert.equal(
    pairs.reduce((sum, of) => sum + of, 0),
    shop.searches.length,
  );
});

test('products that are too few to be divided are not checked', async () => {
  const stranger = { score: 0.5, rival: undefined, category: null };
  const search = { product: 'one', stranger, known: [{ ...stranger, isRight: true }] };
  const searches = Array.from({ length: 20 }, () => search);
  const calibration = fitCalibration(searches, calibrationOf(3));
  assert.equal(await crossCheck(searches, calibration), undefined);
});

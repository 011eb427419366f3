import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { ActivationHistogram } from '../../../src/export/quantize/activation-histogram.ts';
import { divergence, leastDivergence } from '../../../src/export/quantize/entropy.ts';
import { percentileRange, rangeOf } from '../../../src/export/quantize/ranges.ts';
import { randomNumbers } from '../../../src/random.ts';
import { fixture } from '../../support/repository.ts';

/** Float32 numbers of many sizes, some of them zero, which has one sign here as in a histogram. */
const numbers = fc.array(
  fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constant(0)).map((value) => value + 0),
  { minLength: 1 },
);

function histogramOf(...parts: readonly (readonly number[])[]): ActivationHistogram {
  const histogram = new ActivationHistogram();
  for (const part of parts) histogram.add(Float32Array.from(part));
  return histogram;
}

test('a histogram counts every number in its bin, in whatever order they come', () => {
  fc.assert(
    fc.property(numbers, fc.nat(), (values, cut) => {
      const at = cut % values.length;
      const histogram = histogramOf(values.slice(at), values.slice(0, at));
      const { counts, binWidth } = histogramOf(values);
      assert.deepEqual(histogram.counts, counts);
      assert.equal(histogram.low, Math.min(...values));
      assert.equal(histogram.high, Math.max(...values));
      const expected = new Float64Array(counts.length);
      for (const value of values) {
        const bin = counts.length / 2 + (binWidth === 0 ? 0 : Math.floor(value / binWidth));
        expected[bin] = (expected[bin] ?? 0) + 1;
      }
      assert.deepEqual(counts, expected);
    }),
  );
});

test('a number that is not finite is refused and nothing is counted', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const histogram = histogramOf([1]);
    assert.throws(() => histogram.add(Float32Array.of(2, bad)), RangeError);
    assert.deepEqual([histogram.low, histogram.high], [1, 1]);
  }
});

test('min-max is the least and the largest number', () => {
  fc.assert(
    fc.property(numbers, (values) => {
      const range = rangeOf(histogramOf(values), 'min-max', 100);
      assert.deepEqual(range, { low: Math.min(...values), high: Math.max(...values) });
    }),
  );
});

test('a percentile range leaves out the outermost numbers, half on either side, or all of them above', () => {
  const values = fc.array(fc.float({ min: -4, max: 8, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(values, fc.double({ min: 51, max: 100, noNaN: true }), (some, percent) => {
      const histogram = histogramOf(some);
      const { low, high } = percentileRange(histogram, percent);
      const outside = (some.length * (100 - percent)) / 100 + 1e-9;
      const oneSided = Math.min(...some) >= 0;
      const [below, above] = [some.filter((v) => v < low).length, some.filter((v) => v > high).length];
      assert.ok(below <= (oneSided ? 0 : outside / 2) && above <= (oneSided ? outside : outside / 2));
      // One bin less would leave out too many, unless the end is the extreme itself or there is nothing to leave out.
      const tighter = some.filter((v) => v >= high - histogram.binWidth).length;
      assert.ok(tighter > (oneSided ? outside : outside / 2) - 1e-6 || high === Math.max(...some));
      assert.ok(low >= Math.min(...some) && high <= Math.max(...some));
    }),
  );
});

interface EntropyCase {
  readonly name: string;
  readonly levels: number;
  readonly counts: readonly number[];
  readonly best: number;
  readonly divergences: readonly (readonly [number, number])[];
}

const cases: EntropyCase[] = JSON.parse(readFileSync(fixture('export', 'entropy.json'), 'utf8'));
for (const { name, levels, counts, best, divergences } of cases) {
  test(`${name}: relative entropy and the best cut are those of SciPy`, () => {
    const first = Float64Array.from([counts[1] ?? 0, ...counts.slice(1)]);
    for (const [length, expected] of divergences) {
      const actual = divergence(first, length, levels);
      assert.ok(Math.abs(actual - expected) <= 1e-9 * (1 + expected), `${length}: ${actual}`);
    }
    assert.equal(leastDivergence(Float64Array.from(counts), levels), best);
  });
}

test('an entropy range cuts a few outliers, and of a ReLU only above', () => {
  const random = randomNumbers(5);
  const normal = Array.from({ length: 20_000 }, () => random() + random() + random() - 1.5);
  const signed = rangeOf(histogramOf([...normal, -40, 40]), 'entropy', 100);
  assert.ok(signed.low > -10 && signed.low < -1 && signed.high < 10 && signed.high > 1);
  const relu = normal.map((value) => Math.max(0, value));
  const { low, high } = rangeOf(histogramOf([...relu, 40]), 'entropy', 100);
  assert.equal(low, 0);
  assert.ok(high < 10 && high > 0.8, String(high));
});

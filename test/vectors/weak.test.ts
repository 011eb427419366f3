import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { distanceFrom } from '../../src/vectors/distance.ts';
import { isMetric, largestRatio, type WeakNumbers, weakNumbers } from '../../src/vectors/weak.ts';
import { fixture } from '../support/repository.ts';

interface Golden {
  readonly numbers: readonly WeakNumbers[];
  readonly rows: readonly {
    readonly p: readonly number[];
    readonly q: readonly number[];
    readonly distances: readonly number[];
  }[];
}
const golden = JSON.parse(readFileSync(fixture('gallery', 'weak.json'), 'utf8')) as Golden;

const between = (p: Float32Array, q: Float32Array, numbers: WeakNumbers): number =>
  distanceFrom(p, { metric: 'weak-metric', metricOptions: numbers })(q, 0);

test('distances agree with sums of 120 digits, at |p - q| of 1 and near it, at P near 0', () => {
  for (const { p, q, distances } of golden.rows)
    for (const [at, numbers] of golden.numbers.entries()) {
      const one = Float32Array.from(p);
      const other = Float32Array.from([9, ...q, 9]);
      const expected = distances[at] ?? Number.NaN;
      const found = distanceFrom(one, { metric: 'weak-metric', metricOptions: numbers })(other, 1);
      const error = Math.abs(found - expected);
      assert.ok(error <= 1e-12 * expected, `${JSON.stringify(numbers)}: ${found}, not ${expected}`);
      assert.equal(between(Float32Array.from(q), one, numbers), found);
    }
});

test('weak is weak-metric with a, b and P of 1', () => {
  for (const { p, q, distances } of golden.rows) {
    const found = distanceFrom(Float32Array.from(p), { metric: 'weak' })(Float32Array.from(q), 0);
    assert.ok(Math.abs(found - (distances[0] ?? Number.NaN)) <= 1e-12 * found);
  }
  assert.deepEqual(golden.numbers[0], weakNumbers);
});

/** Vectors of probabilities, from nearly equal to nearly one-hot. */
const probabilities = (size: number): fc.Arbitrary<Float32Array> =>
  fc
    .tuple(
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: size, maxLength: size }),
      fc.constantFrom(0.1, 2, 20, 200),
    )
    .map(([logits, spread]) => {
      const powers = logits.map((logit) => Math.exp(spread * (logit - Math.max(...logits))));
      const sum = powers.reduce((total, power) => total + power, 0);
      return Float32Array.from(powers, (power) => power / sum);
    });
const several = (count: number): fc.Arbitrary<Float32Array[]> =>
  fc
    .integer({ min: 2, max: 9 })
    .chain((size) => fc.array(probabilities(size), { minLength: count, maxLength: count }));
const oneHot = (size: number, at: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Number(i === at));
const numbersIn = (ratio: (P: number) => number): fc.Arbitrary<WeakNumbers> =>
  fc
    .tuple(fc.double({ min: 1e-3, max: 0.99, noNaN: true }), fc.double({ min: 0.01, max: 1, noNaN: true }))
    .map(([P, b]) => ({ a: b / ratio(P), b, P }));

/** How much longer the way is by `via` than directly, with room for rounding. */
const detour = (p: Float32Array, via: Float32Array, q: Float32Array, numbers: WeakNumbers): number => {
  const direct = between(p, q, numbers);
  return between(p, via, numbers) + between(via, q, numbers) - direct + 1e-9 * (1 + direct);
};

test('any distance is finite, symmetric, at least 0, and 0 between equal vectors only', () => {
  fc.assert(
    fc.property(
      several(2),
      numbersIn(() => 1),
      ([p, q], numbers) => {
        const one = p as Float32Array;
        const other = q as Float32Array;
        const found = between(one, other, numbers);
        assert.ok(Number.isFinite(found) && found >= 0);
        assert.equal(between(other, one, numbers), found);
        assert.equal(
          found === 0,
          one.every((value, i) => value === other[i]),
        );
      },
    ),
  );
});

test('weak: the triangle inequality holds through one-hot vectors', () => {
  fc.assert(
    fc.property(several(2), fc.nat(8), ([p, q], at) => {
      const one = p as Float32Array;
      const hot = oneHot(one.length, at % one.length);
      assert.ok(detour(one, hot, q as Float32Array, weakNumbers) >= 0);
    }),
    { numRuns: 200 },
  );
});

test('weak is no metric: half way there are two short steps, 2.04 in all, and one long one of 3.22', () => {
  const p = Float32Array.of(0.9, 0.1);
  const q = Float32Array.of(0.1, 0.9);
  const half = Float32Array.of(0.5, 0.5);
  assert.ok(Math.abs(between(p, q, weakNumbers) + 2 * Math.log(0.2)) < 1e-6);
  assert.ok(Math.abs(between(p, half, weakNumbers) + 2 * Math.log(0.6)) < 1e-6);
  assert.ok(detour(p, half, q, weakNumbers) < -1.1);
  assert.equal(isMetric(weakNumbers), false);
});

test('weak-metric: the triangle inequality holds for any vectors where 2^(P+1) - 2^(2P) >= b/a', () => {
  fc.assert(
    fc.property(
      several(3),
      numbersIn((P) => largestRatio(P) * (1 - 1e-12) || 1e-9),
      ([p, q, via], numbers) => {
        assert.ok(isMetric(numbers));
        assert.ok(detour(p as Float32Array, via as Float32Array, q as Float32Array, numbers) >= 0);
      },
    ),
    { numRuns: 400 },
  );
});

test('weak-metric: where it does not hold, the way between two one-hot vectors is shorter by their middle', () => {
  const hot = [oneHot(2, 0), oneHot(2, 1)] as const;
  fc.assert(
    fc.property(
      numbersIn((P) => Math.min(1, largestRatio(P) + 0.01)),
      (numbers) => {
        if (isMetric(numbers)) return; // b/a is at most 1.
        const direct = between(hot[0], hot[1], numbers);
        const by = 2 * between(hot[0], Float32Array.of(0.5, 0.5), numbers);
        assert.ok(by < direct, `${by} by the middle, ${direct} directly`);
      },
    ),
  );
  for (const P of [0.1, 0.5, 0.9]) {
    const ratio = largestRatio(P);
    assert.ok(isMetric({ a: 1, b: ratio, P }));
    assert.ok(!isMetric({ a: 1, b: ratio + 1e-9, P }));
  }
});

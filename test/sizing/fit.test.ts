import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitNonNegative } from '../../src/sizing/fit.ts';

const close = (found: readonly number[], expected: readonly number[]): void => {
  assert.equal(found.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(
      Math.abs((found[i] ?? Number.NaN) - value) <= 1e-8 * Math.max(1, value),
      `${found} instead of ${expected}`,
    );
};

test('the coefficients that made the values are found, ten powers of ten apart', () => {
  const features = [
    [1, 1000, 1000 * 64],
    [1, 2000, 2000 * 512],
    [1, 9000, 9000 * 64],
    [1, 4000, 4000 * 256],
  ];
  const values = features.map(([a = 0, b = 0, c = 0]) => 3e7 * a + 250 * b + 4.5 * c);
  close(fitNonNegative(features, values), [3e7, 250, 4.5]);
});

test('no coefficient is negative, where least squares alone would have one', () => {
  // Least squares without the condition: y = 12 x - 10.
  const features = [1, 2, 3].map((x) => [1, x]);
  const found = fitNonNegative(features, [2, 14, 26]);
  assert.equal(found[0], 0);
  // Relative errors: the slope minimises the sum of (1 - x s / y)^2.
  const shares = [1 / 2, 2 / 14, 3 / 26];
  const sum = (of: (share: number) => number): number =>
    shares.reduce((total, share) => total + of(share), 0);
  close(found, [0, sum((share) => share) / sum((share) => share * share)]);
});

test('what is always zero is fitted with zero', () => {
  close(
    fitNonNegative(
      [
        [1, 64],
        [1, 128],
        [1, 512],
      ],
      [0, 0, 0],
    ),
    [0, 0],
  );
});

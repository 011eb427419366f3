import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { weightBits } from '../../../src/export/quantize/options.ts';
import { activationScale, quantizeWeights, roundHalfEven } from '../../../src/export/quantize/scales.ts';

test('rounding is to the nearest, ties to even', () => {
  for (const [value, expected] of [
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [-2.5, -2],
    [2.4999, 2],
    [-2.51, -3],
    [7, 7],
  ] as const)
    assert.equal(roundHalfEven(value) + 0, expected, String(value));
});

const finite = (bound: number) => fc.float({ min: -bound, max: bound, noNaN: true });

test('bytes cover a range, zero exactly and everything within half a step', () => {
  fc.assert(
    fc.property(finite(1000), finite(1000), fc.double({ min: 0, max: 1, noNaN: true }), (a, b, share) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const { scale, zeroPoint } = activationScale({ low, high });
      assert.ok(scale > 0 && Math.fround(scale) === scale);
      assert.ok(Number.isInteger(zeroPoint) && zeroPoint >= 0 && zeroPoint <= 255);
      const value = low + share * (high - low);
      const byte = Math.min(255, Math.max(0, roundHalfEven(value / scale) + zeroPoint));
      // The ends lie up to half a step outside, because the zero point is rounded as well.
      assert.ok(Math.abs((byte - zeroPoint) * scale - value) <= scale * 1.001);
      if (low >= 0) assert.equal(zeroPoint, 0);
      if (high <= 0 && low < -1e-9) assert.equal(zeroPoint, 255);
    }),
  );
});

test('a range from 0 to 6 does what ReLU6 does', () => {
  const { scale, zeroPoint } = activationScale({ low: 0, high: 6 });
  assert.equal(zeroPoint, 0);
  assert.ok(Math.abs(255 * scale - 6) < 1e-6);
});

const filters = fc.integer({ min: 1, max: 4 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    weights: fc
      .array(finite(100), { minLength: 9 * count, maxLength: 9 * count })
      .map((values) => Float32Array.from(values)),
    bias: fc
      .array(finite(1000), { minLength: count, maxLength: count })
      .map((values) => Float32Array.from(values)),
    inputScale: fc.double({ min: 1e-3, max: 1, noNaN: true }).map(Math.fround),
    keepSum: fc.boolean(),
    bits: fc.constantFrom(...weightBits),
  }),
);

test('each filter has the scale of its largest weight, and weights and biases are the nearest integers', () => {
  fc.assert(
    fc.property(filters, ({ count, weights, bias, inputScale, keepSum, bits }) => {
      const result = quantizeWeights(weights, bias, inputScale, keepSum, bits);
      const most = bits === 7 ? 64 : 127;
      for (let filter = 0; filter < count; filter += 1) {
        const own = weights.subarray(9 * filter, 9 * filter + 9);
        const integers = result.weight.subarray(9 * filter, 9 * filter + 9);
        const scale = result.weightScale[filter] ?? 0;
        const largest = Math.max(...own.map(Math.abs));
        const byBias = Math.abs(bias[filter] ?? 0) / (2 ** 30 * inputScale);
        assert.equal(scale, Math.max(Math.fround(Math.max(largest / most, byBias)), 2 ** -60));
        const errors = [...own].map((value, i) => value / scale - (integers[i] ?? 0));
        const bound = keepSum ? 1.5001 : 0.5001;
        assert.ok(errors.every((error) => Math.abs(error) <= bound));
        assert.ok(integers.every((value) => Math.abs(value) <= most));
        if (keepSum) assert.ok(Math.abs(errors.reduce((sum, error) => sum + error, 0)) <= 0.5001);
        const step = Math.fround(scale * inputScale);
        assert.equal(result.biasScale[filter], step);
        const shift = (bias[filter] ?? 0) / step;
        assert.ok(Math.abs((result.bias[filter] ?? 0) - shift) <= 0.5 + 1e-6 * Math.abs(shift));
      }
    }),
  );
});

test('a filter of zeros keeps its bias', () => {
  const { weight, bias, biasScale } = quantizeWeights(
    new Float32Array(9),
    Float32Array.of(-3.7),
    0.02,
    true,
    8,
  );
  assert.deepEqual([...weight], new Array(9).fill(0));
  assert.ok(Math.abs((bias[0] ?? 0) * (biasScale[0] ?? 0) + 3.7) < 1e-5);
  assert.equal(quantizeWeights(new Float32Array(9), Float32Array.of(0), 0.02, false, 8).bias[0], 0);
});

test('with 7 bits two products of bytes fit 16 bits, whatever their signs', () => {
  const ends = Float32Array.of(1, 1, -1, -1);
  const { weight } = quantizeWeights(ends, new Float32Array(1), 0.02, false, 7);
  assert.deepEqual([...weight], [64, 64, -64, -64]);
  assert.ok(2 * 255 * 64 < 2 ** 15);
});

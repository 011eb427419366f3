import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bfloat16ToFloat32, float16ToNumber, float32ToFloat16 } from '../../src/tensor/index.ts';

test('float16 bits are those of the nearest half, ties to even', () => {
  const known: readonly [number, number][] = [
    [0, 0],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65_504, 0x7bff],
    [65_520, 0x7c00],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [3 * 2 ** -25, 2],
    [2 ** -14 - 2 ** -26, 0x400],
    [Number.NaN, 0x7e00],
    [1e-30, 0],
    [-1e30, 0xfc00],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2 - 2 ** -12, 0x4000],
    [Number.POSITIVE_INFINITY, 0x7c00],
  ];
  const halfOf = (value: number): number | undefined => float32ToFloat16(Float32Array.of(value))[0];
  for (const [value, bits] of known) assert.equal(halfOf(value), bits, String(value));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7bff }), (bits) => {
      const [exponent, fraction] = [bits >> 10, bits & 1023];
      const value = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
      assert.equal(halfOf(value), bits);
    }),
  );
});

test('every float16 that is a number survives the way to float32 and back', () => {
  for (let bits = 0; bits < 0x10000; bits += 1) {
    const value = float16ToNumber(bits);
    if (!Number.isNaN(value)) assert.equal(float32ToFloat16(Float32Array.of(value))[0], bits);
  }
});

test('bfloat16 is the upper half of float32', () => {
  assert.deepEqual(
    [...bfloat16ToFloat32(Uint16Array.of(0x3f80, 0xc000, 0x7f80))],
    [1, -2, Number.POSITIVE_INFINITY],
  );
});

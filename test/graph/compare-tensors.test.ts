import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareTensors, type Tensor64 } from '../support/float64/index.ts';

const float = fc.double({ min: -2, max: 2, noNaN: true });
const vector = (data: ArrayLike<number>): Tensor64 => ({
  dims: [data.length],
  data: Float64Array.from(data),
});

const tolerance = { relative: 1e-3, absolute: 1e-2 };

test('a comparison allows what the tolerance says and names the worst number', () => {
  const property = fc.property(fc.array(float, { minLength: 1, maxLength: 6 }), fc.nat(5), (data, place) => {
    const at = place % data.length;
    const moved = (times: number): Tensor64 =>
      vector(
        data.map((value, i) => value + (i === at ? times : times / 3) * (0.01 + 0.001 * Math.abs(value))),
      );
    assert.equal(compareTensors(moved(0.99), vector(data), tolerance), undefined);
    const message = compareTensors(moved(1.5), vector(data), tolerance) ?? '';
    assert.ok(message.startsWith(`[${at}] `), message);
    assert.ok(message.endsWith(`1 of ${data.length} numbers are off`), message);
  });
  fc.assert(property, { seed: 1 });
});

test('a comparison tells shapes apart, and NaN and infinities equal only themselves', () => {
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const a of odd)
    for (const b of odd) {
      const message = compareTensors(vector([a]), vector([b]), tolerance);
      assert.equal(message === undefined, Object.is(a, b), `${a} and ${b}`);
    }
  const reshaped = { dims: [1, 2], data: [1, 2] };
  assert.match(compareTensors(reshaped, vector([1, 2]), tolerance) ?? '', /\[1,2\], expected \[2\]/);
});

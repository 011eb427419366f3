import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { distanceFrom } from '../../src/vectors/index.ts';
import { trueDistance } from '../gallery/ann/vectors.ts';

for (const metric of ['cosine', 'l2'] as const) {
  test(`${metric}: distances agree with the definition in any dimension, at any offset`, () => {
    const component = fc.float({ noNaN: true, min: -(2 ** 60), max: 2 ** 60 });
    const pair = fc
      .integer({ min: 1, max: 19 })
      .chain((n) =>
        fc.tuple(
          ...[0, 1].map(() => fc.array(component, { minLength: n, maxLength: n })),
          fc.nat({ max: 9 }),
        ),
      );
    fc.assert(
      fc.property(pair, ([left, right, offset]) => {
        const a = Float32Array.from(left as number[]);
        const b = Float32Array.from(right as number[]);
        const vectors = new Float32Array(b.length + Number(offset) + 3).fill(9);
        vectors.set(b, Number(offset));
        const expected = trueDistance(a, b, metric);
        const error = Math.abs(distanceFrom(a, { metric })(vectors, Number(offset)) - expected);
        assert.ok(error <= 1e-12 * Math.max(1, expected), `off by ${error}`);
      }),
    );
  });
}

for (const metric of ['cosine', 'l2'] as const)
  test(`${metric}: equal vectors are at distance 0, whatever their dimension, size and place`, () => {
    const vector = fc
      .float32Array({ noNaN: true, noDefaultInfinity: true, minLength: 1, maxLength: 33 })
      .filter((numbers) => numbers.some((value) => value !== 0));
    fc.assert(
      fc.property(vector, fc.nat({ max: 9 }), (numbers, offset) => {
        const vectors = new Float32Array(offset + numbers.length + 2).fill(7);
        vectors.set(numbers, offset);
        assert.equal(distanceFrom(numbers, { metric })(vectors, offset), 0);
      }),
    );
  });

test('under cosine a zero vector is at distance 1 from everything, itself included', () => {
  const zero = new Float32Array(3);
  const other = Float32Array.of(1, 2, 3);
  for (const [a, b] of [
    [zero, other],
    [other, zero],
    [zero, zero],
  ] as const)
    assert.equal(distanceFrom(a, { metric: 'cosine' })(b, 0), 1);
});

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

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Engine } from '../../src/eval/search/engine.ts';
import { marginOf } from '../../src/eval/search/margin.ts';
import { Pace } from '../../src/eval/search/pace.ts';
import { centreOf, measure } from '../../src/eval/search/space.ts';
import type { LabelledVectors, Metric } from '../../src/eval/types.ts';
import { randomRows, setOf } from './support/vectors.ts';

const dimension = 700;
const noise = randomRows(60, dimension, 11);
const set = (change: (value: number, row: number) => number): LabelledVectors =>
  setOf(
    noise.map((values, row) => values.map((value) => change(value, row))),
    String,
  );

/** What float32 makes hard: products of one sign, cancellation, lengths that differ, numbers close to underflow. */
const sets: Readonly<Record<string, LabelledVectors>> = {
  noise: set((value) => value),
  'one sign': set((value) => Math.abs(value)),
  'far from zero': set((value) => 1000 + value),
  'lengths that differ': set((value, row) => value * 2 ** (row % 30)),
  'close to underflow': set((value, row) => value * 2 ** -(60 + (row % 10))),
};

const dot = (a: Float32Array, b: Float32Array, from: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + (value - (from[i] ?? 0)) * ((b[i] ?? 0) - (from[i] ?? 0)), 0);

/** The score that the graph approximates, in float64. */
function trueScore(metric: Metric, a: Float32Array, b: Float32Array, centre: readonly number[]): number {
  if (metric === 'cosine') return dot(a, b, []) / Math.sqrt(dot(a, a, []) * dot(b, b, []));
  return dot(a, b, centre) - dot(b, b, centre) / 2;
}

for (const metric of ['cosine', 'l2'] as const)
  for (const [name, vectors] of Object.entries(sets))
    test(`${metric}, ${name}: no score is further from the true one than its margin says`, async () => {
      const centre = metric === 'l2' ? centreOf(vectors) : undefined;
      const space = measure('gallery', vectors, metric, centre);
      await using engine = await Engine.open(metric, space, space, centre, { provider: 'cpu', threads: 1 });
      const rows = [...vectors.ids.keys()];
      const scores = await engine.all(rows, 13, new Pace(undefined));
      const row = (at: number): Float32Array =>
        vectors.vectors.subarray(at * dimension, (at + 1) * dimension);
      let furthest = 0;
      for (const q of rows)
        for (const g of rows) {
          const error = Math.abs(
            (scores[q * rows.length + g] ?? Number.NaN) -
              trueScore(metric, row(q), row(g), Array.from(centre ?? [])),
          );
          furthest = Math.max(furthest, error / marginOf(metric, space, q, space, 'cpu'));
        }
      assert.ok(furthest <= 1, `${furthest} of the margin`);
      if (name === 'noise') assert.ok(furthest > 0, 'float32 is not exact');
    });

test('TF32, which rounds to 10 bits, lies within the margin of CUDA', () => {
  const space = measure('gallery', setOf(noise, String), 'cosine', undefined);
  const margin = marginOf('cosine', space, 0, space, 'cuda');
  // Worst case: all products of one sign, both factors rounded by 2^-10 the same way.
  assert.ok(margin >= 2 * 2 ** -10 + 2 ** -20 + dimension * 2 ** -24);
});

test('nothing is believed where a product could leave the range of float32', () => {
  for (const factor of [1e30, 1e-30])
    for (const metric of ['cosine', 'l2'] as const) {
      const vectors = set((value) => value * factor);
      const centre = metric === 'l2' ? centreOf(vectors) : undefined;
      const space = measure('gallery', vectors, metric, centre);
      const margin = marginOf(metric, space, 0, space, 'cpu');
      // Small numbers are no danger to L2, but all items lie within the margin.
      assert.ok(
        metric === 'l2' && factor < 1 ? margin > space.largest ** 2 : margin === Number.POSITIVE_INFINITY,
      );
    }
});

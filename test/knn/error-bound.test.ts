import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LabelledVectors, Metric } from '../../src/eval/types.ts';
import { errorBound } from '../../src/knn/error-bound.ts';
import { PreparedVectors } from '../../src/knn/prepared-vectors.ts';
import { Scorer } from '../../src/knn/scorer.ts';
import { Yielder } from '../../src/threads/index.ts';
import { randomRows, setOf } from './support/vectors.ts';

const dimension = 700;
const noise = randomRows(60, dimension, 11);
const set = (change: (value: number, row: number) => number): LabelledVectors =>
  setOf(
    noise.map((values, row) => values.map((value) => change(value, row))),
    String,
  );

/** What float32 makes hard: products of one sign, cancellation, lengths that differ, and far from 1. */
const sets: Readonly<Record<string, LabelledVectors>> = {
  noise: set((value) => value),
  'one sign': set((value) => Math.abs(value)),
  'far from zero': set((value) => 1000 + value),
  'lengths that differ': set((value, row) => value * 2 ** (row % 30)),
  'far below 1': set((value, row) => value * 2 ** -(60 + (row % 10))),
  'far above 1': set((value, row) => value * 2 ** (100 + (row % 10))),
};

const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** The prepared rows, in float64. */
function shown(vectors: LabelledVectors, metric: Metric, scale: number): Float64Array[] {
  const row = (at: number): Float64Array =>
    Float64Array.from(vectors.vectors.subarray(at * dimension, (at + 1) * dimension));
  const rows = vectors.ids.map((_, at) => row(at));
  const unit = (own: Float64Array): Float64Array => {
    const length = Math.sqrt(dot(own, own));
    return own.map((value) => value / length);
  };
  if (metric === 'cosine') return rows.map(unit);
  const centre = Float64Array.from({ length: dimension }, (_, i) =>
    rows.reduce((sum, own) => sum + (own[i] ?? 0) / rows.length, 0),
  );
  return rows.map((own) => own.map((value, i) => (value - (centre[i] ?? 0)) * scale));
}

for (const metric of ['cosine', 'l2'] as const)
  for (const [name, vectors] of Object.entries(sets))
    test(`${metric}, ${name}: no score is further from the true one than its margin says`, async () => {
      const prepared = new PreparedVectors(vectors, vectors, metric);
      await using scorer = await Scorer.open(prepared, { provider: 'cpu', threads: 1 });
      const scores = await scorer.scores([...vectors.ids.keys()], {
        chunk: 13,
        yielder: new Yielder(undefined),
      });
      const rows = shown(vectors, metric, prepared.scale);
      let furthest = 0;
      for (const [q, a] of rows.entries())
        for (const [g, b] of rows.entries()) {
          const score = dot(a, b) - (metric === 'l2' ? dot(b, b) / 2 : 0);
          const error = Math.abs((scores[q * rows.length + g] ?? Number.NaN) - score);
          furthest = Math.max(furthest, error / errorBound(prepared, q, 'cpu'));
        }
      assert.ok(furthest <= 1, `${furthest} of the margin`);
      assert.ok(furthest > 0, 'float32 is not exact');
    });

test('TF32, which rounds to 10 bits, lies within the margin of CUDA', () => {
  const vectors = setOf(noise, String);
  const margin = errorBound(new PreparedVectors(vectors, vectors, 'cosine'), 0, 'cuda');
  // Worst case: all products of one sign, both factors rounded by 2^-10 the same way.
  assert.ok(margin >= 2 * 2 ** -10 + 2 ** -20 + dimension * 2 ** -24);
});

test('nothing is believed of a query that may leave the range of float32', () => {
  const [near, far] = [set((value) => value), set((value) => value * 1e25)];
  assert.equal(errorBound(new PreparedVectors(far, near, 'l2'), 0, 'cpu'), Number.POSITIVE_INFINITY);
  assert.ok(errorBound(new PreparedVectors(far, far, 'l2'), 0, 'cpu') < 0.01);
  assert.ok(errorBound(new PreparedVectors(far, near, 'cosine'), 0, 'cpu') < 0.01);
});

test('prepared vectors stand at the start of rows that are no power of two apart', () => {
  for (const [numbers, width] of [
    [1, 1],
    [255, 255],
    [256, 272],
    [512, 528],
    [700, 720],
    [2048, 2064],
    [2064, 2064],
  ]) {
    const vectors = setOf(
      [new Array<number>(numbers ?? 0).fill(3), new Array<number>(numbers ?? 0).fill(-4)],
      String,
    );
    const prepared = new PreparedVectors(vectors, vectors, 'cosine');
    assert.equal(prepared.width, width);
    const out = new Float32Array(prepared.width);
    prepared.write(prepared.gallery, 1, 2, out);
    const expected = Float32Array.from(out, (_, i) =>
      i < (numbers ?? 0) ? -1 / Math.sqrt(numbers ?? 0) : 0,
    );
    assert.deepEqual(out, expected);
  }
});

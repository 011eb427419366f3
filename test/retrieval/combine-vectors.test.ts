import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import { combineVectors } from '../../src/retrieval/combine-vectors.ts';
import { distanceFrom } from '../../src/vectors/index.ts';

/** Numbers from -1 to 1, the same every time. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 31 - 1;
  }
}
const random = numbers(7);
const vectorOf = (dimension: number, scale = 1): Float32Array =>
  Float32Array.from({ length: dimension }, () => scale * random.next().value);
const code = (expected: string) => (error: unknown) =>
  error instanceof SnapshelfError && error.code === expected;

test('cosine: the normalised sum of weight times unit vector, in float64', () => {
  for (const dimension of [1, 3, 129]) {
    const parts = [1, 0.25, -0.5].map((weight, i) => ({
      weight,
      vector: vectorOf(dimension, 10 ** (3 * i)),
    }));
    const sums = Array.from({ length: dimension }, (_, d) =>
      parts.reduce((sum, { weight, vector }) => {
        const norm = Math.hypot(...vector);
        return sum + (weight * (vector[d] as number)) / norm;
      }, 0),
    );
    const length = Math.hypot(...sums);
    const query = combineVectors(parts, { metric: 'cosine' });
    for (const [d, value] of query.entries())
      assert.ok(Math.abs(value - (sums[d] as number) / length) <= 2 ** -24, `${d}`);
    assert.ok(Math.abs(Math.hypot(...query) - 1) < 1e-6);
  }
});

test('cosine ranks by the sum of weighted cosines', () => {
  const parts = [1, 2, -0.7].map((weight) => ({ weight, vector: vectorOf(16) }));
  const query = combineVectors(parts, { metric: 'cosine' });
  const items = Array.from({ length: 50 }, () => vectorOf(16));
  const unlike = (item: Float32Array): number =>
    parts.reduce((sum, { weight, vector }) => {
      const dot = vector.reduce((all, value, d) => all + value * (item[d] as number), 0);
      return sum - (weight * dot) / Math.hypot(...vector) / Math.hypot(...item);
    }, 0);
  const order = (key: (item: Float32Array) => number): number[] =>
    items.map((_, i) => i).sort((a, b) => key(items[a] as Float32Array) - key(items[b] as Float32Array));
  const distance = distanceFrom(query, { metric: 'cosine' });
  assert.deepEqual(
    order((item) => distance(item, 0)),
    order(unlike),
  );
});

test('l2: the weighted mean, whose nearest items have the least weighted sum of squared distances', () => {
  const parts = [3, 1, -1.5].map((weight) => ({ weight, vector: vectorOf(8, 20) }));
  const query = combineVectors(parts, { metric: 'l2' });
  for (const [d, value] of query.entries()) {
    const mean = parts.reduce((sum, { weight, vector }) => sum + weight * (vector[d] as number), 0) / 2.5;
    assert.ok(Math.abs(value - mean) <= 2 ** -23 * Math.abs(mean), `${d}`);
  }
  const items = Array.from({ length: 50 }, () => vectorOf(8, 20));
  const cost = (item: Float32Array): number =>
    parts.reduce((sum, { weight, vector }) => {
      const squared = vector.reduce((all, value, d) => all + (value - (item[d] as number)) ** 2, 0);
      return sum + weight * squared;
    }, 0);
  const distance = distanceFrom(query, { metric: 'l2' });
  const byDistance = items.toSorted((a, b) => distance(a, 0) - distance(b, 0));
  assert.deepEqual(
    byDistance,
    items.toSorted((a, b) => cost(a) - cost(b)),
  );
});

test('one part is that part; a negative one alone looks for what is unlike', () => {
  const vector = Float32Array.of(3, 4);
  assert.deepEqual([...combineVectors([{ vector }], { metric: 'cosine' })], [...Float32Array.of(0.6, 0.8)]);
  assert.deepEqual([...combineVectors([{ vector, weight: 2 }], { metric: 'l2' })], [3, 4]);
  const away = combineVectors([{ vector, weight: -1 }], { metric: 'cosine' });
  assert.deepEqual([...away], [...Float32Array.of(-0.6, -0.8)]);
});

test('what cancels out, has no direction or is no mean is refused', () => {
  const vector = Float32Array.of(1, 2, 3);
  const same = Float32Array.of(10, 20, 30.000001);
  for (const other of [vector, same]) {
    const parts = [{ vector }, { vector: other, weight: -1 }];
    assert.throws(() => combineVectors(parts, { metric: 'cosine' }), code('query-invalid'));
    assert.throws(() => combineVectors(parts, { metric: 'l2' }), code('query-invalid'));
  }
  assert.throws(() => combineVectors([{ vector, weight: -1 }], { metric: 'l2' }), code('query-invalid'));
  const zero = { vector: new Float32Array(3) };
  assert.throws(() => combineVectors([{ vector }, zero], { metric: 'cosine' }), /Part 2 .* zeros/);
  assert.deepEqual([...combineVectors([{ vector }, zero], { metric: 'l2' })], [0.5, 1, 1.5]);
  for (const metric of ['weak', 'weak-metric'] as const)
    assert.throws(() => combineVectors([{ vector }, { vector }], { metric }), code('query-invalid'));
  for (const weight of [0, Number.NaN, 1001, Number.POSITIVE_INFINITY])
    assert.throws(() => combineVectors([{ vector, weight }], { metric: 'cosine' }), RangeError);
  assert.throws(() => combineVectors([], { metric: 'cosine' }), RangeError);
  const many = Array.from({ length: 17 }, () => ({ vector }));
  assert.throws(() => combineVectors(many, { metric: 'cosine' }), RangeError);
  const short = { vector: Float32Array.of(1) };
  assert.throws(() => combineVectors([{ vector }, short], { metric: 'cosine' }), RangeError);
});

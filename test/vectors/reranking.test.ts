import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { expandQuery, kReciprocalDistances } from '../../src/vectors/index.ts';

interface Case {
  readonly dimension: number;
  readonly pool: number[];
  readonly k1: number;
  readonly k2: number;
  readonly lambda: number;
  readonly distances: number[];
  readonly expanded: Readonly<Record<string, number[]>>;
}

const cases = JSON.parse(readFileSync('test/fixtures/ranking/golden.json', 'utf8')) as Case[];

function run<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

const largestGap = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))));

test('k-reciprocal distances are those of the published code in float64', () => {
  for (const { dimension, pool, distances, ...numbers } of cases) {
    const found = run(kReciprocalDistances({ vectors: Float32Array.from(pool), dimension }, numbers));
    assert.equal(found.length, distances.length);
    assert.ok(largestGap(found, distances) < 1e-12, `${largestGap(found, distances)}`);
  }
});

test('re-ranking brings forward what has the query among its own neighbours', () => {
  // Seen from the query, the first candidate is as near as the second; but it belongs to a crowd that is nearer to it.
  const at = (degrees: number): number[] => [
    Math.cos((degrees * Math.PI) / 180),
    Math.sin((degrees * Math.PI) / 180),
  ];
  const angles = [0, -20, 20.5, 40, 60, -21, -22, -23, -24];
  const pool = { vectors: Float32Array.from(angles.flatMap(at)), dimension: 2 };
  const found = run(kReciprocalDistances(pool, { k1: 3, k2: 1, lambda: 0.3 }));
  assert.ok((found[1] as number) < (found[0] as number), `${found}`);
});

test('vectors that are all alike, zeros and a pool of one are no NaN', () => {
  const numbers = { k1: 20, k2: 6, lambda: 0.3 };
  for (const vectors of [new Float32Array(12).fill(1), new Float32Array(12)]) {
    const found = run(kReciprocalDistances({ vectors, dimension: 3 }, numbers));
    assert.ok(
      found.every((value) => value >= 0 && value <= 1),
      `${found}`,
    );
  }
  assert.equal(run(kReciprocalDistances({ vectors: new Float32Array(3), dimension: 3 }, numbers)).length, 0);
});

test('a query is expanded as in float64, and by nothing that points away from it', () => {
  for (const { dimension, pool, expanded } of cases) {
    const vectors = Float32Array.from(pool);
    const query = vectors.subarray(0, dimension);
    const neighbours = { vectors: vectors.subarray(dimension), dimension };
    for (const [alpha, wanted] of Object.entries(expanded))
      assert.ok(largestGap(expandQuery(query, neighbours, Number(alpha)), wanted) < 1e-7);
  }
  const away = { vectors: Float32Array.of(-1, 0, 0, 0), dimension: 2 };
  assert.deepEqual([...expandQuery(Float32Array.of(2, 0), away, 0)], [1, 0]);
  assert.deepEqual([...expandQuery(Float32Array.of(0, 0), away, 3)], [0, 0]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exactSearch, type VectorSource } from '../../../src/gallery/exact/exact-search.ts';
import type { Neighbour } from '../../../src/vectors/index.ts';
import { bruteForce, clustered } from '../ann/vectors.ts';

/** A source that counts what is read of it. */
class CountingSource implements VectorSource {
  readonly dimension: number;
  readonly vectors: ReadonlyMap<number, Float32Array>;
  blocksRead = 0;
  rowsRead = 0;

  constructor(vectors: readonly Float32Array[], dimension: number) {
    this.dimension = dimension;
    this.vectors = new Map(vectors.map((vector, i) => [1000 - i, vector]));
  }

  count(): number {
    return this.vectors.size;
  }

  *blocks(): Generator<{ sequences: number[]; vectors: Float32Array }> {
    const rows = [...this.vectors];
    for (let start = 0; start < rows.length; start += 7) {
      const block = rows.slice(start, start + 7);
      this.blocksRead++;
      const sequences = block.map(([sequence]) => sequence);
      yield { sequences, vectors: Float32Array.from(block.flatMap(([, vector]) => [...vector])) };
    }
  }

  get(sequences: readonly number[]): Map<number, Float32Array> {
    const found = [...this.vectors].filter(([sequence]) => sequences.includes(sequence));
    this.rowsRead += found.length;
    return new Map(found);
  }
}

function finish(search: Generator<void, Neighbour[]>): { found: Neighbour[]; yields: number } {
  for (let yields = 0; ; yields++) {
    const step = search.next();
    if (step.done === true) return { found: step.value, yields };
  }
}

for (const metric of ['cosine', 'l2'] as const) {
  test(`${metric}: a scan in blocks finds what brute force finds, and yields between blocks`, () => {
    const source = new CountingSource([...clustered(100, 33, 5), new Float32Array(33)], 33);
    for (const query of [...clustered(5, 33, 5, 2), new Float32Array(33)]) {
      const { found, yields } = finish(exactSearch(source, query, 20, { metric }));
      const expected = bruteForce(source.vectors, query, metric).slice(0, 20);
      assert.deepEqual(
        found.map(({ sequence }) => sequence),
        expected.map(({ sequence }) => sequence),
      );
      for (const [i, { distance }] of found.entries())
        assert.ok(Math.abs(distance - (expected[i]?.distance ?? 0)) < 1e-12);
      assert.equal(yields, 15);
    }
  });
}

test('with few sequences allowed only these are read, with many the blocks', () => {
  const source = new CountingSource(clustered(100, 4, 5), 4);
  const query = new Float32Array(4).fill(1);
  const few = finish(
    exactSearch(source, query, 10, { metric: 'l2' }, { allow: new Set([1000, 990, 5]) }),
  ).found;
  assert.deepEqual(few.map(({ sequence }) => sequence).sort(), [1000, 990]);
  assert.deepEqual([source.blocksRead, source.rowsRead], [0, 2]);
  const allow = new Set([...source.vectors.keys()].slice(50));
  const many = finish(exactSearch(source, query, 100, { metric: 'l2' }, { allow })).found;
  assert.deepEqual(new Set(many.map(({ sequence }) => sequence)), allow);
});

test('an empty source, a wrong dimension, a query that is not finite, a wrong k', () => {
  const source = new CountingSource([], 2);
  const query = new Float32Array(2);
  assert.deepEqual(finish(exactSearch(source, query, 3, { metric: 'cosine' })).found, []);
  assert.throws(() => finish(exactSearch(source, new Float32Array(3), 3, { metric: 'l2' })), RangeError);
  assert.throws(
    () =>
      finish(
        exactSearch(
          source,
          query.map(() => Number.NaN),
          3,
          { metric: 'l2' },
        ),
      ),
    RangeError,
  );
  for (const k of [0, 1.5, Number.NaN])
    assert.throws(() => finish(exactSearch(source, query, k, { metric: 'l2' })), RangeError);
});

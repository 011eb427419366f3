import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { knn } from '../../src/knn/index.ts';
import type { Metric, NamedVectors, Ranking } from '../../src/vectors/index.ts';

/** Points of a small grid, each with a number that is its id: ties, zero vectors and equal vectors abound. */
type Points = readonly { readonly id: number; readonly at: readonly number[] }[];

const idOf = (id: number): string => `id ${String(id).padStart(3, '0')}`;
const setOf = (points: Points, dimension: number): NamedVectors => ({
  vectors: Float32Array.from(points.flatMap(({ at }) => at.slice(0, dimension))),
  dimension,
  ids: points.map(({ id }) => idOf(id)),
});

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function distanceBetween(a: readonly number[], b: readonly number[], distance: Metric): number {
  if (distance === 'l2') return Math.sqrt(sum(a.map((value, i) => (value - (b[i] ?? 0)) ** 2)));
  const norms = Math.sqrt(sum(a.map((x) => x * x)) * sum(b.map((x) => x * x)));
  return norms === 0 ? 1 : Math.max(0, 1 - sum(a.map((value, i) => value * (b[i] ?? 0))) / norms);
}

function bruteForce(
  queries: Points,
  gallery: Points,
  { k, distance, excludeSelf }: { k: number; distance: Metric; excludeSelf: boolean },
  dimension: number,
): Ranking[] {
  return queries.map(({ id, at }, query) => {
    const all = gallery
      .map((item, row) => ({
        row,
        id: item.id,
        distance: Math.fround(distanceBetween(at.slice(0, dimension), item.at.slice(0, dimension), distance)),
      }))
      .filter((item) => !excludeSelf || item.id !== id)
      .sort((a, b) => a.distance - b.distance || a.id - b.id);
    const last = all[Math.min(k, all.length) - 1]?.distance ?? -1;
    const kept = all.filter((item) => item.distance <= last);
    return {
      query,
      neighbours: Uint32Array.from(kept, ({ row }) => row),
      distances: Float32Array.from(kept, (item) => item.distance),
    };
  });
}

const points = (most: number): fc.Arbitrary<Points> =>
  fc
    .uniqueArray(
      fc.record({
        id: fc.nat(199),
        at: fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 4, maxLength: 4 }),
      }),
      { selector: ({ id }) => id, minLength: 1, maxLength: most },
    )
    .map((drawn) => drawn.sort((a, b) => a.id - b.id));

test('in blocks of any size it finds what brute force finds: ties by id, zero vectors, no query itself', async () => {
  const options = fc.record({
    k: fc.integer({ min: 1, max: 90 }),
    distance: fc.constantFrom<Metric>('cosine', 'l2'),
    excludeSelf: fc.boolean(),
    memory: fc.integer({ min: 100, max: 20_000 }),
  });
  await fc.assert(
    fc.asyncProperty(
      points(30),
      points(120),
      options,
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      async (asked, found, how, dimension, isSelf) => {
        const gallery = setOf(found, dimension);
        const queries = isSelf ? gallery : setOf(asked, dimension);
        const rankings: Ranking[] = [];
        for await (const ranking of knn(queries, gallery, { ...how, provider: 'cpu', threads: 1 }))
          rankings.push(ranking);
        rankings.sort((a, b) => a.query - b.query);
        assert.deepEqual(rankings, bruteForce(isSelf ? found : asked, found, how, dimension));
      },
    ),
    { seed: 1, numRuns: 150 },
  );
});

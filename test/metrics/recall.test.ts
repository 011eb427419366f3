import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rankOfFirst, recallAt, relevanceByLabel } from '../../src/metrics/index.ts';
import { lines, ranked } from './support/lines.ts';

test('Recall@K is the share of the queries with something to find that find it among the first K', async () => {
  await fc.assert(
    fc.asyncProperty(lines, async (points) => {
      const labels = points.map(({ label }) => label);
      const rankings = [...points.keys()].map((query) => ranked(points, query, query));
      const counted = rankings.filter(
        ({ query }) => labels.filter((label) => label === labels[query]).length > 1,
      );
      const ks = [1, 2, 5];
      const { queries, shares } = await recallAt(rankings, relevanceByLabel(labels), ks);
      assert.equal(queries, counted.length);
      for (const [at, k] of ks.entries()) {
        const hits = counted.filter(({ query, neighbours }) =>
          [...neighbours.subarray(0, k)].some((row) => labels[row] === labels[query]),
        );
        assert.equal(shares[at], hits.length / counted.length);
      }
    }),
    { seed: 4, numRuns: 200 },
  );
});

test('the first relevant item has its rank, and 0 stands for none', () => {
  const relevance = relevanceByLabel(['a', 'b'], ['b', 'a', 'a']);
  const ranking = { query: 0, neighbours: Uint32Array.of(0, 2, 1), distances: Float32Array.of(0, 1, 2) };
  assert.equal(rankOfFirst(relevance, ranking), 2);
  assert.equal(rankOfFirst(relevance, { ...ranking, neighbours: Uint32Array.of(0) }), 0);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  depthNeeded,
  identicalPictures,
  markRelevant,
  markRelevantWithout,
  measureList,
  measureQuery,
  relevanceByLabel,
  relevantTo,
} from '../../src/metrics/index.ts';
import { lines, plain, ranked } from './support/lines.ts';

const list = measureList([1, 2]);

test('R counts the gallery items of the label, in self-retrieval without the query', () => {
  const self = relevanceByLabel(['a', 'b', 'a', 'a']);
  assert.deepEqual(
    [0, 1, 2, 3].map((query) => relevantTo(self, query)),
    [2, 0, 2, 2],
  );
  const apart = relevanceByLabel(['a', 'x', 'b'], ['b', 'a', 'b', 'y']);
  assert.deepEqual(
    [0, 1, 2].map((query) => relevantTo(apart, query)),
    [1, 0, 2],
  );
  assert.throws(() => relevantTo(apart, 3), /^RangeError: .* 3/);
});

test('labels are compared as they are, also those that objects have as keys', () => {
  const relevance = relevanceByLabel(
    ['__proto__', 'constructor', ''],
    ['constructor', '__proto__', '__proto__'],
  );
  assert.deepEqual(
    [0, 1, 2].map((query) => relevantTo(relevance, query)),
    [2, 1, 0],
  );
});

test('with identical items left out, a ranking is that of a gallery that never had them', () => {
  fc.assert(
    fc.property(lines, (points) => {
      const labels = points.map(({ label }) => label);
      const places = identicalPictures(points.map(({ at }) => String(at)));
      for (const query of points.keys()) {
        const rows = places.of(query);
        const without = markRelevantWithout(relevanceByLabel(labels), ranked(points, query, query), rows);
        const left = points.filter((_, row) => !rows.has(row));
        const place = left.indexOf(points[query] ?? { at: 0, label: 'a' });
        const expected = markRelevant(
          relevanceByLabel(left.map(({ label }) => label)),
          ranked(left, place, place),
        );
        assert.deepEqual(plain(without), plain(expected));
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('identical pictures: of others than the query itself, and never by an empty hash', () => {
  const self = identicalPictures(['x', '', 'x', 'y', '', 'x']);
  assert.deepEqual(self.queries, [0, 2, 5]);
  assert.deepEqual([...self.of(2)], [0, 5]);
  assert.deepEqual([...self.of(1)], []);
  const apart = identicalPictures(['x', '', 'z', 'y'], ['y', 'x', '', 'y', 'w']);
  assert.deepEqual(apart.queries, [0, 3]);
  assert.deepEqual([...apart.of(3)], [0, 3]);
  const same = identicalPictures(['x'], ['x']);
  assert.deepEqual([...same.of(0)], [0]);
});

test('a query whose only relevant items are identical to it becomes lone', () => {
  const relevance = relevanceByLabel(['a', 'a', 'b']);
  const ranking = { query: 0, neighbours: Uint32Array.of(1, 2), distances: Float32Array.of(0, 1) };
  assert.equal(markRelevantWithout(relevance, ranking, new Set([1])).relevantCount, 0);
  assert.equal(measureQuery(markRelevantWithout(relevance, ranking, new Set([1])), list), undefined);
  // The query's own row changes nothing: it was never counted.
  assert.equal(markRelevantWithout(relevance, ranking, new Set([0])).relevantCount, 1);
});

test('the depth needed covers R, the query that drop-first keeps and what is to leave', () => {
  const relevance = relevanceByLabel(['a', 'a', 'a', 'a', 'b', 'b', 'c', 'd', 'e', 'f']);
  assert.equal(depthNeeded(relevance, measureList([1])), 4);
  assert.equal(depthNeeded(relevance, measureList([1, 5])), 6);
  assert.equal(depthNeeded(relevance, measureList([1, 5], [6]), 1), 8);
  assert.equal(depthNeeded(relevance, measureList([1, 500])), 9);
  const apart = relevanceByLabel(['a', 'b'], ['a', 'a', 'a', 'b', 'c']);
  assert.equal(depthNeeded(apart, measureList([1])), 3);
  assert.equal(depthNeeded(apart, measureList([10])), 5);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Convention,
  depthNeeded,
  emptyScores,
  enterScore,
  figurePlan,
  identicalPictures,
  includeSelf,
  type JudgedRanking,
  judge,
  judgeDropFirst,
  judgeWithout,
  type Relevance,
  relevanceByLabel,
  relevantTo,
  type Summary,
  scoreQuery,
  summarise,
} from '../../src/eval/metrics/index.ts';
import type { Ranking } from '../../src/eval/types.ts';
import { randomNumbers } from '../../src/random.ts';
import { randomVectors, rankAll } from './support/reference.ts';

const plan = figurePlan([1, 2]);

/** Points on a line, few places, few labels: duplicates, lone queries and ties abound. */
const lines = fc.array(fc.record({ at: fc.nat(4), label: fc.constantFrom('a', 'b', 'c', 'd') }), {
  minLength: 1,
  maxLength: 12,
});
const ranked = (points: readonly { at: number }[], query: number, leave: number): Ranking =>
  rankAll(
    'l2',
    query,
    [points[query]?.at ?? 0],
    points.map(({ at }) => [at]),
    leave,
  );
const plain = ({ relevant, distances, relevantCount }: JudgedRanking): unknown => ({
  relevant: Array.from(relevant, Number),
  distances: Array.from(distances),
  relevantCount,
});

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
        const without = judgeWithout(relevanceByLabel(labels), ranked(points, query, query), rows);
        const left = points.filter((_, row) => !rows.has(row));
        const place = left.indexOf(points[query] ?? { at: 0, label: 'a' });
        const expected = judge(relevanceByLabel(left.map(({ label }) => label)), ranked(left, place, place));
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
  assert.equal(judgeWithout(relevance, ranking, new Set([1])).relevantCount, 0);
  assert.equal(scoreQuery(judgeWithout(relevance, ranking, new Set([1])), plan), undefined);
});

test('the query itself is put where search would rank it', () => {
  fc.assert(
    fc.property(lines, (points) => {
      for (const query of points.keys())
        assert.deepEqual(includeSelf(ranked(points, query, query)), ranked(points, query, -1));
    }),
    { seed: 2, numRuns: 200 },
  );
  const ranking = { query: 1, neighbours: Uint32Array.of(2, 0), distances: Float32Array.of(-1, 2) };
  assert.deepEqual([...includeSelf(ranking, 0.5).neighbours], [2, 1, 0]);
  assert.deepEqual([...includeSelf(ranking, 3).neighbours], [2, 0, 1]);
  assert.throws(() => includeSelf(includeSelf(ranking)), RangeError);
  assert.throws(() => includeSelf(ranking, Number.NaN), RangeError);
});

test('drop-first judges what follows the first neighbour, the query itself too', () => {
  fc.assert(
    fc.property(lines, (points) => {
      const labels = points.map(({ label }) => label);
      for (const query of points.keys()) {
        const ranking = ranked(points, query, -1);
        const hits = Array.from(ranking.neighbours.slice(1), (row) => Number(labels[row] === labels[query]));
        assert.deepEqual(plain(judgeDropFirst(relevanceByLabel(labels), ranking)), {
          relevant: hits,
          distances: [...ranking.distances.slice(1)],
          relevantCount: hits.filter((hit) => hit === 1).length,
        });
      }
    }),
    { seed: 3, numRuns: 200 },
  );
});

test('between queries and a gallery, nothing is dropped', () => {
  const relevance = relevanceByLabel(['a'], ['a', 'b']);
  const ranking = { query: 0, neighbours: Uint32Array.of(0, 1), distances: Float32Array.of(0, 1) };
  assert.deepEqual(judgeDropFirst(relevance, ranking), judge(relevance, ranking));
  assert.deepEqual(Array.from(judge(relevance, ranking).relevant), [1, 0]);
});

type Judge = (relevance: Relevance, vectors: readonly (readonly number[])[], query: number) => JudgedRanking;

function evaluate(vectors: number[][], labels: string[], judgeOf: Judge, convention: Convention): Summary {
  const relevance = relevanceByLabel(labels);
  const scores = emptyScores(plan, labels.length);
  for (const query of labels.keys())
    enterScore(scores, query, scoreQuery(judgeOf(relevance, vectors, query), plan));
  const queryIds = labels.map((_, row) => String(row));
  return summarise(scores, {
    queryIds,
    queryLabels: labels,
    galleryLabels: labels,
    convention,
    resamples: 10,
  });
}

test('with a tenth of the vectors duplicated under other labels, drop-first finds queries themselves', () => {
  const [count, copies] = [400, 40];
  const random = randomNumbers(7);
  const vectors = randomVectors(8, count, 16);
  const labels = vectors.map(() => `label-${Math.floor(random() * 10)}`);
  for (let copy = 0; copy < copies; copy += 1) {
    vectors[count - 1 - copy] = vectors[copy] ?? [];
    labels[count - 1 - copy] = `${labels[copy]}-other`;
  }
  labels[count / 2] = 'lone';
  const row = (all: readonly (readonly number[])[], query: number): readonly number[] => all[query] ?? [];
  const byId = evaluate(
    vectors,
    labels,
    (relevance, all, query) => judge(relevance, rankAll('l2', query, row(all, query), all, query)),
    'by-id',
  );
  const paper = evaluate(
    vectors,
    labels,
    (relevance, all, query) => judgeDropFirst(relevance, rankAll('l2', query, row(all, query), all)),
    'paper',
  );
  const recall = (summary: Summary): number => summary.loneAsMisses.figures[0]?.mean ?? Number.NaN;
  // Each later copy drops the earlier one and finds itself, which is a hit that id-masking never counts.
  const itself = Array.from({ length: count }, (_, query) => query).filter(
    (query) => rankAll('l2', query, row(vectors, query), vectors).neighbours[0] !== query,
  );
  assert.equal(itself.length, copies);
  assert.equal(Math.round((recall(paper) - recall(byId)) * count), copies);
  assert.equal(paper.main, paper.loneAsMisses);
  assert.notEqual(byId.main, byId.loneAsMisses);
});

test('without duplicates, drop-first and the query leaving by id agree', () => {
  const vectors = randomVectors(9, 60, 8);
  const relevance = relevanceByLabel(vectors.map((_, row) => `label-${row % 7}`));
  for (const [query, vector] of vectors.entries())
    assert.deepEqual(
      judgeDropFirst(relevance, rankAll('l2', query, vector, vectors)),
      judge(relevance, rankAll('l2', query, vector, vectors, query)),
    );
});

test('the depth needed covers R, the query that drop-first keeps and what is to leave', () => {
  const relevance = relevanceByLabel(['a', 'a', 'a', 'a', 'b', 'b', 'c', 'd', 'e', 'f']);
  assert.equal(depthNeeded(relevance, figurePlan([1])), 4);
  assert.equal(depthNeeded(relevance, figurePlan([1, 5])), 6);
  assert.equal(depthNeeded(relevance, figurePlan([1, 5], [6]), 1), 8);
  assert.equal(depthNeeded(relevance, figurePlan([1, 500])), 9);
  const apart = relevanceByLabel(['a', 'b'], ['a', 'a', 'a', 'b', 'c']);
  assert.equal(depthNeeded(apart, figurePlan([1])), 3);
  assert.equal(depthNeeded(apart, figurePlan([10])), 5);
});

test('wrong rankings throw', () => {
  const relevance = relevanceByLabel(['a', 'a', 'b']);
  const ranking = (neighbours: number[], distances: number[]): Ranking => ({
    query: 0,
    neighbours: Uint32Array.from(neighbours),
    distances: Float32Array.from(distances),
  });
  assert.throws(() => judge(relevance, ranking([0, 1], [0, 1])), /^RangeError: query 0 is among/);
  assert.throws(() => judgeDropFirst(relevance, ranking([1, 2], [0, 1])), /^RangeError: query 0 is not/);
  assert.throws(() => judge(relevance, ranking([1, 3], [0, 1])), /^RangeError: .* neighbour 3, .* 3 items/);
  assert.throws(() => judge(relevance, ranking([1], [0, 1])), /^RangeError: query 0 has 1 .* 2 distances/);
  assert.throws(() => judge(relevance, ranking([2, 1], [1, 1])), /^RangeError: .*not ordered by row at 1/);
  assert.throws(() => judge(relevance, ranking([2, 2], [1, 1])), RangeError);
  assert.throws(() => judge(relevance, { ...ranking([1], [1]), query: 3 }), /^RangeError: .* row 3/);
});

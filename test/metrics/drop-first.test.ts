import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Convention } from '../../src/eval/report/evaluation-schema.ts';
import { type Summary, summarise } from '../../src/eval/report/summarise.ts';
import {
  addToTable,
  emptyTable,
  includeSelf,
  type MarkedRanking,
  markRelevant,
  markRelevantDropFirst,
  measureList,
  measureQuery,
  type Relevance,
  relevanceByLabel,
} from '../../src/metrics/index.ts';
import { randomNumbers } from '../../src/random.ts';
import { lines, plain, ranked } from './support/lines.ts';
import { randomVectors, rankAll } from './support/reference.ts';

const list = measureList([1, 2]);

test('the query itself is put where search would rank it', () => {
  fc.assert(
    fc.property(lines, (points) => {
      for (const query of points.keys())
        assert.deepEqual(includeSelf(ranked(points, query, query)), ranked(points, query, -1));
    }),
    { seed: 2, numRuns: 200 },
  );
});

test('drop-first counts what follows the first neighbour, the query itself too', () => {
  fc.assert(
    fc.property(lines, (points) => {
      const labels = points.map(({ label }) => label);
      for (const query of points.keys()) {
        const ranking = ranked(points, query, -1);
        const hits = Array.from(ranking.neighbours.slice(1), (row) => Number(labels[row] === labels[query]));
        assert.deepEqual(plain(markRelevantDropFirst(relevanceByLabel(labels), ranking)), {
          isRelevant: hits,
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
  assert.deepEqual(markRelevantDropFirst(relevance, ranking), markRelevant(relevance, ranking));
  assert.deepEqual(Array.from(markRelevant(relevance, ranking).isRelevant), [1, 0]);
});

type Judge = (relevance: Relevance, vectors: readonly (readonly number[])[], query: number) => MarkedRanking;

function evaluate(vectors: number[][], labels: string[], markedOf: Judge, convention: Convention): Summary {
  const relevance = relevanceByLabel(labels);
  const scores = emptyTable(list, labels.length);
  for (const query of labels.keys())
    addToTable(scores, query, measureQuery(markedOf(relevance, vectors, query), list));
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
    (relevance, all, query) => markRelevant(relevance, rankAll('l2', query, row(all, query), all, query)),
    'by-id',
  );
  const paper = evaluate(
    vectors,
    labels,
    (relevance, all, query) => markRelevantDropFirst(relevance, rankAll('l2', query, row(all, query), all)),
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
      markRelevantDropFirst(relevance, rankAll('l2', query, vector, vectors)),
      markRelevant(relevance, rankAll('l2', query, vector, vectors, query)),
    );
});

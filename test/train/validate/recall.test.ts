import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recallAt1 } from '../../../src/train/validate/recall.ts';

const samplesOf = (labels: string) =>
  [...labels].map((label, at) => ({ id: `${at}`, path: `${at}`, label, productId: label }));

/** One-dimensional embeddings: labels and places on a line. */
const onLine = (queries: string, asked: readonly number[], gallery: string, found: readonly number[]) => ({
  queries: samplesOf(queries),
  queryVectors: Float32Array.from(asked),
  gallery: samplesOf(gallery),
  galleryVectors: Float32Array.from(found),
  isSelf: false,
});

const amongThemselves = (labels: string, places: readonly number[]) => ({
  ...onLine(labels, places, labels, places),
  isSelf: true,
});

test('by hand: cosine and L2 differ, queries without a match do not count, a query is not its own answer', () => {
  const queries = samplesOf('abn');
  // The first query points as the first gallery picture does but lies nearer to the second; the second query is that one.
  const queryVectors = Float32Array.of(0.1, 0.1, 0.2, 0, 9, 9);
  const galleryVectors = Float32Array.of(5, 5, 0.3, 0);
  const input = { queries, queryVectors, gallery: samplesOf('ab'), galleryVectors, isSelf: false };
  assert.equal(recallAt1(input, 'cosine'), 1);
  assert.equal(recallAt1(input, 'l2'), 0.5);
  assert.equal(recallAt1(amongThemselves('abn', [0, 1, 2]), 'l2'), 0);
});

test('among themselves, a query that is alone with its label does not count', () => {
  // From 0 the nearest is 1, an a: a hit. From 1 it is 1.25, the b: a miss. The b is alone.
  assert.equal(recallAt1(amongThemselves('aab', [0, 1, 1.25]), 'l2'), 1 / 2);
  assert.equal(recallAt1(amongThemselves('ab', [0, 1]), 'l2'), 0);
});

test('in a gallery, a query whose label one picture has counts', () => {
  assert.equal(recallAt1(onLine('ab', [0, 1], 'abb', [0, 5, 6]), 'l2'), 1 / 2);
});

test('of equally near pictures the first is taken', () => {
  assert.equal(recallAt1(onLine('a', [0], 'ab', [1, -1]), 'l2'), 1);
  assert.equal(recallAt1(onLine('a', [0], 'ba', [1, -1]), 'l2'), 0);
  assert.equal(recallAt1(onLine('a', [2], 'ab', [1, 3]), 'cosine'), 1);
  assert.equal(recallAt1(onLine('a', [2], 'ba', [1, 3]), 'cosine'), 0);
});

test('without queries or a gallery it is 0', () => {
  assert.equal(recallAt1(onLine('', [], 'a', [1]), 'l2'), 0);
  assert.equal(recallAt1(onLine('a', [1], '', []), 'l2'), 0);
});

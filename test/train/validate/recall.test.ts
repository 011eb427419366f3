import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Embedded, recallAt1 } from '../../../src/train/validate/recall.ts';

/** Pictures by label, one letter each, and their embeddings. */
const set = (labels: string, numbers: readonly number[]): Embedded => ({
  samples: [...labels].map((label, at) => ({ id: `${at}`, path: `${at}`, label, productId: label })),
  vectors: Float32Array.from(numbers),
});

const recall = (distance: 'cosine' | 'l2', queries: Embedded, gallery: Embedded | null = null) =>
  recallAt1(queries, gallery, { distance, provider: 'cpu', threads: 1 });

test('by hand: cosine and L2 differ, queries without a match do not count, a query is not its own answer', async () => {
  // The first query points as the first gallery picture does but lies nearer to the second; the second query is that one.
  const queries = set('abn', [0.1, 0.1, 0.2, 0, 9, 9]);
  const gallery = set('ab', [5, 5, 0.3, 0]);
  assert.equal(await recall('cosine', queries, gallery), 1);
  assert.equal(await recall('l2', queries, gallery), 0.5);
  assert.equal(await recall('l2', set('abn', [0, 1, 2])), 0);
});

test('among themselves, a query that is alone with its label does not count', async () => {
  // From 0 the nearest is 1, an a: a hit. From 1 it is 1.25, the b: a miss. The b is alone.
  assert.equal(await recall('l2', set('aab', [0, 1, 1.25])), 1 / 2);
  assert.equal(await recall('l2', set('ab', [0, 1])), 0);
});

test('in a gallery, a query whose label one picture has counts', async () => {
  assert.equal(await recall('l2', set('ab', [0, 1]), set('abb', [0, 5, 6])), 1 / 2);
});

test('of equally near pictures the first by id is taken', async () => {
  assert.equal(await recall('l2', set('a', [0]), set('ab', [1, -1])), 1);
  assert.equal(await recall('l2', set('a', [0]), set('ba', [1, -1])), 0);
  assert.equal(await recall('cosine', set('a', [2]), set('ab', [1, 3])), 1);
  assert.equal(await recall('cosine', set('a', [2]), set('ba', [1, 3])), 0);
});

test('without queries or a gallery it is 0; an embedding that is not finite is told', async () => {
  assert.equal(await recall('l2', set('', []), set('a', [1])), 0);
  assert.equal(await recall('l2', set('a', [1]), set('', [])), 0);
  await assert.rejects(recall('l2', set('a', [1]), set('aa', [2, Number.NaN])), { code: 'vector-invalid' });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { informationSample, informationWarnings } from '../../../src/train/validate/set-information.ts';

const samples = (labels: number, each: number) =>
  Array.from({ length: labels * each }, (_, at) => {
    const label = String(at % labels);
    return { id: String(at), path: String(at), label, productId: label };
  });

test('a sample has at most 32 labels and 256 pictures, spread over the labels with two queries or more', () => {
  const sample = informationSample({ queries: samples(64, 10) });
  assert.equal(sample.length, 256);
  assert.deepEqual(
    [...new Set(sample.map(({ label }) => label))],
    Array.from({ length: 32 }, (_, at) => String(2 * at)),
  );
  assert.equal(informationSample({ queries: samples(3, 200) }).length, 3 * 85);
  assert.equal(informationSample({ queries: samples(9, 1) }).length, 0);
});

test('a set without a label of two queries has a warning of its own', () => {
  const set = (name: string, each: number) => ({ name, queries: samples(3, each), gallery: null });
  assert.deepEqual(informationWarnings([set('many', 2), set('few', 1)]), [
    'The information of few is not measured: no label has two queries. Hold out more.',
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluationRequest, manifestEntry } from '../../../src/eval/jobs/job-request.ts';

test('a request is read as it is; the convention `ours` of earlier releases is `by-id`', () => {
  const request = {
    query: { field: 'split', equals: 'query' },
    metrics: ['l2'],
    ks: [1, 5],
    index: false,
    seed: 7,
  };
  assert.deepEqual(evaluationRequest.parse(request), request);
  assert.deepEqual(evaluationRequest.parse({}), {});
  for (const [given, read] of [
    ['ours', 'by-id'],
    ['by-id', 'by-id'],
    ['paper', 'paper'],
  ])
    assert.deepEqual(evaluationRequest.parse({ convention: given }), { convention: read });
});

test('a request out of range, or with unknown fields, is refused', () => {
  for (const wrong of [
    { convention: 'theirs' },
    { metrics: [] },
    { metrics: ['l2', 'l2'] },
    { ks: [0] },
    { ks: [10_001] },
    { ks: [1, 1] },
    { seed: -1 },
    { query: 'all' },
    { manifest: [] },
  ])
    assert.equal(evaluationRequest.safeParse(wrong).success, false, JSON.stringify(wrong));
});

test('an entry of a manifest has a label of as many characters as are allowed', () => {
  const entry = manifestEntry(3);
  assert.equal(entry.safeParse({ id: 'a', split: 'query', label: 'abc' }).success, true);
  // As in manifests of pictures, a whole number is its digits.
  assert.deepEqual(entry.parse({ id: 5, split: 'query', label: 123 }), {
    id: '5',
    split: 'query',
    label: '123',
  });
  assert.equal(entry.safeParse({ id: 5, split: 'query', label: 1234 }).success, false);
  assert.equal(entry.safeParse({ id: 'a', split: 'gallery' }).success, true);
  for (const wrong of [{ id: 'a', split: 'query', label: 'abcd' }, { id: '', split: 'query' }, { id: 'a' }])
    assert.equal(entry.safeParse(wrong).success, false, JSON.stringify(wrong));
});

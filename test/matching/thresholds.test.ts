import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conformalThreshold, thresholdsOf } from '../../src/matching/index.ts';

const falling = (count: number, from = 1): number[] =>
  Array.from({ length: count }, (_, i) => from - i / 1000);

test('a threshold leaves the share of the rank that counts one more', () => {
  const strengths = falling(99);
  assert.equal(conformalThreshold(strengths, 0.05), strengths[4]);
  assert.equal(conformalThreshold(strengths, 0.29), strengths[28]);
  assert.equal(conformalThreshold(strengths, 0.009), Number.POSITIVE_INFINITY);
  assert.equal(conformalThreshold([], 0.5), Number.POSITIVE_INFINITY);
});

test('a category has a threshold of its own where it supports the rate, the others share one', () => {
  const groups = [
    { category: 'a', strengths: falling(1000, 0.9) },
    { category: 'b', strengths: falling(300, 0.5) },
    { category: 'c', strengths: falling(150, 0.8) },
    { category: null, strengths: falling(50, 0.7) },
  ];
  const own = thresholdsOf(groups, 0.05);
  assert.equal(own('a'), conformalThreshold(groups[0]?.strengths ?? [], 0.05));
  assert.equal(own('b'), conformalThreshold(groups[1]?.strengths ?? [], 0.05));
  const shared = [...falling(150, 0.8), ...falling(50, 0.7)].sort((x, y) => y - x);
  for (const category of ['c', null, 'never seen'])
    assert.equal(own(category), conformalThreshold(shared, 0.05));
  // At 2 % the two smallest are not enough, and the next joins them.
  const strict = thresholdsOf(groups, 0.02);
  const three = [...shared, ...falling(300, 0.5)].sort((x, y) => y - x);
  for (const category of ['b', 'c', null]) assert.equal(strict(category), conformalThreshold(three, 0.02));
  assert.ok(thresholdsOf(groups, 0.05, 0.5)('a') > own('a'));
});

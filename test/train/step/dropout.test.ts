import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropoutMask } from '../../../src/train/step/dropout.ts';

test('dropout drops its share, keeps the mean, and repeats itself', () => {
  const mask = dropoutMask(100_000, 0.25, 1, 7);
  const dropped = mask.filter((value) => value === 0).length / mask.length;
  assert.ok(Math.abs(dropped - 0.25) < 0.01);
  assert.ok(mask.every((value) => value === 0 || Math.abs(value - 4 / 3) < 1e-6));
  assert.deepEqual(dropoutMask(100_000, 0.25, 1, 7), mask);
  assert.notDeepEqual(dropoutMask(100_000, 0.25, 1, 8), mask);
});

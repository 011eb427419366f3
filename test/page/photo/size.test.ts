import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longestSide, reducedSize } from '../../../src/page/photo/size.ts';

test('the photo of a phone is reduced to the longest side, and a small one stays as it is', () => {
  assert.deepEqual(reducedSize(4032, 3024, longestSide), [1280, 960]);
  assert.deepEqual(reducedSize(300, 200, longestSide), [300, 200]);
  assert.deepEqual(reducedSize(20_000, 3, longestSide), [1280, 1]);
});

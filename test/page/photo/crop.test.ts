import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cropOf, cropText, dragCrop, isWhole, leastCrop, whole } from '../../../src/page/photo/crop.ts';

const half = { left: 0.25, top: 0.25, width: 0.5, height: 0.5 };

test('a box that is moved stays inside the photo and keeps its size', () => {
  assert.deepEqual(dragCrop(half, 'move', 0.1, -0.1), { ...half, left: 0.35, top: 0.15 });
  assert.deepEqual(dragCrop(half, 'move', 9, -9), { ...half, left: 0.5, top: 0 });
});

test('a grip moves only its own edges, and leaves at least a small box', () => {
  assert.deepEqual(dragCrop(half, 'e', 0.1, 0.4), { ...half, width: 0.6 });
  assert.deepEqual(dragCrop(half, 'nw', -9, -9), { left: 0, top: 0, width: 0.75, height: 0.75 });
  const least = dragCrop(half, 'se', -9, -9);
  assert.ok(Math.abs(least.width - leastCrop) < 1e-9 && Math.abs(least.height - leastCrop) < 1e-9);
});

test('the part in a link comes back, and anything else is the whole photo', () => {
  assert.deepEqual(cropOf(cropText(half)), half);
  for (const text of [null, '', 'x', '0.0.10.10', '900.0.500.500', '-1.0.500.500'])
    assert.ok(isWhole(cropOf(text)), String(text));
  assert.ok(isWhole(whole));
});

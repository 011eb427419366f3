import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HeatMap, placeOf, warmest } from '../../../src/page/shop/heat.ts';

const area = { unit: 'pixels', left: 50, top: 0, width: 200, height: 200 } as const;
const mapOf = (rows: HeatMap['rows']): HeatMap => ({ rows, area, width: 300, height: 200 });

test('a map lies over the part of the picture that the model saw', () => {
  assert.deepEqual(placeOf(mapOf([[1]])), {
    left: `${(100 * 50) / 300}%`,
    top: '0%',
    width: `${(100 * 200) / 300}%`,
    height: '100%',
  });
});

test('the warmest third is named by the picture, not by the part that was seen', () => {
  const cold = [0, 0.4, 0];
  assert.equal(warmest(mapOf([[1, 0, 0], cold, cold])), 'top left');
  assert.equal(warmest(mapOf([[0, 1, 0], cold, cold])), 'top centre');
  assert.equal(warmest(mapOf([cold, cold, [0, 0.5, 1]])), 'bottom right');
  assert.equal(warmest(mapOf([cold, [0.4, 0.4, 0.4], cold])), 'middle centre');
});

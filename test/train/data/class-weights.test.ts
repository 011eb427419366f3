import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balancedWeights } from '../../../src/train/data/class-weights.ts';

test("weights are scikit-learn's balanced: pictures / (classes x own pictures)", () => {
  assert.deepEqual(balancedWeights(Int32Array.from([0, 0, 0, 2, 0, 2]), 3), [6 / 12, 0, 6 / 6]);
});

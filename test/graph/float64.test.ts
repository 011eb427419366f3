// slow: takes seconds
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { operators } from '../support/float64/operators.ts';
import { disagreement } from './support/disagreement.ts';
import { elementwiseCases } from './support/elementwise-cases.ts';
import { indexCases } from './support/index-cases.ts';
import { layerCases } from './support/layer-cases.ts';
import { shapeCases } from './support/shape-cases.ts';
import { windowCases } from './support/window-cases.ts';

const cases = { ...elementwiseCases, ...windowCases, ...layerCases, ...shapeCases, ...indexCases };

test('each operator of the float64 interpreter is held against ONNX Runtime', () => {
  assert.deepEqual(Object.keys(cases).sort(), [...operators.keys()].sort());
});

for (const [name, uses] of Object.entries(cases)) {
  test(`${name} in float64 is what ONNX Runtime computes`, async () => {
    const property = fc.asyncProperty(uses, async (use) => {
      assert.equal(await disagreement(name, use), undefined);
    });
    await fc.assert(property, { numRuns: 30, seed: 1 });
  });
}

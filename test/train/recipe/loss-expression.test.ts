import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { losses } from '../../../src/nn/index.ts';
import { lossText, parseLoss } from '../../../src/train/recipe/loss-expression.ts';

const accepted: Readonly<Record<string, string>> = {
  'cross-entropy': 'cross-entropy',
  'cross-entropy+0.1 center': 'cross-entropy + 0.1 center',
  ' 1 cross-entropy +.5*center ': 'cross-entropy + 0.5 center',
  '1e-2 snca + 2e+1 spce': '0.01 snca + 20 spce',
};
for (const [text, written] of Object.entries(accepted))
  test(`${JSON.stringify(text)} is ${written}`, () => assert.equal(lossText(parseLoss(text)), written));

const refused: Readonly<Record<string, RegExp>> = {
  '': /at character 1 a loss is missing\.$/,
  'cross-entropy +': /at character 16 a loss is missing\.$/,
  '+ center': /at character 1 a loss is missing\.$/,
  '3': /at character 2 a loss is missing after 3\.$/,
  'cross-entropy + 0 center': /at character 17 the weight must be a number above 0, not 0\.$/,
  '-1 center': /at character 1 the weight must be a number above 0, not -1\.$/,
  '1.2.3 center': /at character 1 the weight must be a number above 0, not 1\.2\.3\.$/,
  'cross-entropy + 0.1 centre': /at character 21 there is no loss "centre"; the nearest is center\.$/,
  'cross-entropy center': /at character 1 there is no loss "cross-entropy center"/,
  toString: /at character 1 there is no loss "toString"; there are cross-entropy, /,
  'center + 2 center': /at character 10 center comes again: each loss may be there once\.$/,
};
for (const [text, says] of Object.entries(refused))
  test(`refused: ${JSON.stringify(text)}`, () =>
    assert.throws(() => parseLoss(text), { name: 'RangeError', message: says }));

test('what is written is parsed again, and any text is parsed or refused', () => {
  const weight = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
  const terms = fc
    .uniqueArray(fc.constantFrom(...Object.keys(losses)), { minLength: 1, maxLength: 4 })
    .chain((names) => fc.tuple(...names.map((name) => weight.map((one) => ({ name, weight: one })))));
  fc.assert(fc.property(terms, (some) => assert.deepEqual(parseLoss(lossText(some)), some)));
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseLoss(text);
      } catch (error) {
        assert.ok(error instanceof RangeError);
      }
    }),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AttributeValue, makeNode } from '../../src/onnx/index.ts';
import { effectOf, type Shape } from '../../src/onnx/shapes.ts';

const effect = (
  opType: string,
  inputs: readonly Shape[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
) =>
  effectOf(makeNode({ opType, inputs: inputs.map((_, at) => `x${at}`), outputs: ['y'], attributes }), inputs);

test('rows are reduced to a number each and joined, and the steps count every number that is read', () => {
  for (const opType of ['ReduceL2', 'ReduceMax'])
    assert.deepEqual(effect(opType, [[3, 8]], { axes: [1], keepdims: 1 }), { shape: [3, 1], steps: 24 });
  const joined = effect(
    'Concat',
    [
      [3, 8],
      [3, 1],
      [3, 5],
    ],
    { axis: 1 },
  );
  assert.deepEqual(joined, { shape: [3, 14], steps: 42 });
  for (const opType of ['Sqrt', 'HardSigmoid'])
    assert.deepEqual(effect(opType, [[3, 8]]), { shape: [3, 8], steps: 24 });
  assert.deepEqual(
    effect('Div', [
      [3, 8],
      [3, 1],
    ]),
    { shape: [3, 8], steps: 24 },
  );
});

test('the largest of many values takes a step for each comparison', () => {
  const many = Array.from({ length: 1000 }, () => [3, 8]);
  assert.deepEqual(effect('Max', many), { shape: [3, 8], steps: 999 * 24 });
  assert.equal(effect('Max', [[3, 8], [1]]).steps, 24);
});

const rows = /Only the rows of a matrix can be reduced/;
const joins = /Only the rows of matrices can be joined/;
const refused: Readonly<
  Record<string, readonly [RegExp, string, readonly Shape[], Readonly<Record<string, AttributeValue>>]>
> = {
  'a reduction of all axes': [rows, 'ReduceL2', [[3, 8]], {}],
  'a reduction of the pictures': [rows, 'ReduceMax', [[3, 8]], { axes: [0] }],
  'a reduction of an axis twice': [rows, 'ReduceL2', [[3, 8]], { axes: [1, 1] }],
  'a reduction of the last axis by its other name': [rows, 'ReduceMax', [[3, 8]], { axes: [-1] }],
  'a reduction of an axis that is none': [rows, 'ReduceL2', [[3, 8]], { axes: [2 ** 40] }],
  'axes that are one number in the place of a list': [rows, 'ReduceL2', [[3, 8]], { axes: 1 }],
  'a reduction of four axes': [rows, 'ReduceMax', [[1, 3, 8, 8]], { axes: [1] }],
  'a reduction of a single number': [rows, 'ReduceL2', [[]], { axes: [1] }],
  'a reduction of nothing': [/has no input/, 'ReduceMax', [], { axes: [1] }],
  'a reduction without its axis': [/keepdims must be 1/, 'ReduceL2', [[3, 8]], { axes: [1], keepdims: 0 }],
  'keepdims beyond reason': [
    /keepdims is out of range/,
    'ReduceL2',
    [[3, 8]],
    { axes: [1], keepdims: 2 ** 60 },
  ],
  'pictures joined': [
    joins,
    'Concat',
    [
      [3, 8],
      [3, 8],
    ],
    { axis: 0 },
  ],
  'joined without an axis': [
    joins,
    'Concat',
    [
      [3, 8],
      [3, 8],
    ],
    {},
  ],
  'joined at the last axis by its other name': [
    joins,
    'Concat',
    [
      [3, 8],
      [3, 8],
    ],
    { axis: -1 },
  ],
  'planes joined': [
    joins,
    'Concat',
    [
      [1, 3, 8, 8],
      [1, 3, 8, 8],
    ],
    { axis: 1 },
  ],
  'rows of different counts joined': [
    joins,
    'Concat',
    [
      [3, 8],
      [2, 8],
    ],
    { axis: 1 },
  ],
  'a row and a number joined': [joins, 'Concat', [[3, 8], []], { axis: 1 }],
  'nothing joined': [/has no input/, 'Concat', [], { axis: 1 }],
  'the largest of nothing': [/has no input/, 'Max', [], {}],
  'a root of nothing': [/has no input/, 'Sqrt', [], {}],
  'a quotient that does not fit': [
    /do not fit together/,
    'Div',
    [
      [3, 8],
      [3, 7],
    ],
    {},
  ],
};

for (const [name, [says, opType, inputs, attributes]] of Object.entries(refused))
  test(`refused: ${name}`, () => {
    assert.throws(
      () => effect(opType, inputs, attributes),
      (error: Error) => error instanceof RangeError && says.test(error.message),
    );
  });

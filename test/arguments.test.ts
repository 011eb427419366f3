import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkNumber, checkOneOf, checkWhole } from '../src/arguments.ts';

test('bounds are checked, and said in one form', () => {
  checkWhole('k', 1, { from: 1, to: 3 });
  checkNumber('share', 0.5, { above: 0, below: 1 });
  const cases: readonly [() => void, string][] = [
    [() => checkWhole('k', 0, { from: 1, to: 3 }), 'k must be a whole number from 1 to 3, not 0.'],
    [() => checkWhole('k', 4, { from: 1, to: 3 }), 'k must be a whole number from 1 to 3, not 4.'],
    [() => checkWhole('k', 1.5), 'k must be a whole number, not 1.5.'],
    [() => checkWhole('k', '3' as never), 'k must be a whole number, not "3".'],
    [() => checkWhole('k', 0, { from: 1 }), 'k must be a whole number of at least 1, not 0.'],
    [() => checkNumber('x', Number.NaN), 'x must be a number, not NaN.'],
    [
      () => checkNumber('x', Number.POSITIVE_INFINITY, { from: 0 }),
      'x must be a number of at least 0, not Infinity.',
    ],
    [() => checkNumber('x', 0, { above: 0 }), 'x must be a number above 0, not 0.'],
    [() => checkNumber('x', 1, { above: 0, below: 1 }), 'x must be a number above 0 and below 1, not 1.'],
    [() => checkNumber('x', 3, { above: 0, to: 2 }), 'x must be a number above 0 and of at most 2, not 3.'],
  ];
  for (const [check, message] of cases) assert.throws(check, { name: 'RangeError', message });
});

test('a value must be one of the allowed ones', () => {
  checkOneOf('metric', 'l2', ['cosine', 'l2']);
  assert.throws(() => checkOneOf('metric', 'dot', ['cosine', 'l2']), {
    name: 'TypeError',
    message: 'metric must be "cosine" or "l2", not "dot".',
  });
});

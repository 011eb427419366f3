import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { name } from '../../src/json/index.ts';

test('a whole number is its digits, and nothing else becomes text', () => {
  const schema = name(z.string().max(4));
  for (const [value, text] of [
    ['a', 'a'],
    [5, '5'],
    [-0, '0'],
    [-12, '-12'],
  ] as const)
    assert.equal(schema.parse(value), text);
  for (const value of [12_345, 1.5, 2 ** 53, Infinity, Number.NaN, true, null, undefined, ['a'], {}, 5n])
    assert.ok(!schema.safeParse(value).success, String(value));
});

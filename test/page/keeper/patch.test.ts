import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patchOf } from '../../../src/page/keeper/patch.ts';

test('a merge patch removes the keys that are gone', () => {
  assert.deepEqual(patchOf({ a: 1, b: 2 }, { b: 3, c: 4 }), { a: null, b: 3, c: 4 });
});

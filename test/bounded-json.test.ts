import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkJsonBounds, parseJsonWithin, shown } from '../src/bounded-json.ts';

/** Brackets and commas of a value as JSON. */
function marksOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const parts: unknown[] = Object.values(value);
  return parts.reduce<number>((sum, part) => sum + marksOf(part), Math.max(1, parts.length));
}

test('what it counts is what becomes of the text, whatever stands in its strings', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = JSON.stringify(value);
      assert.equal(checkJsonBounds(text, { values: 1e9 }), 1 + marksOf(JSON.parse(text)));
      assert.deepEqual(parseJsonWithin(text, { values: 1e9 }), JSON.parse(text));
    }),
  );
});

test('brackets, commas and escapes within strings are text', () => {
  const text = JSON.stringify(['[{,}]', '\\', '"', '\\"[[[', { ',[': ']' }]);
  assert.equal(checkJsonBounds(text, { values: 7, depth: 2 }), 7);
});

test('one value too many, one level too deep', () => {
  assert.equal(checkJsonBounds('[1,2,3]', { values: 4 }), 4);
  assert.throws(() => checkJsonBounds('[1,2,3]', { values: 3 }), /more than 3 values/);
  checkJsonBounds('[[]]', { values: 9, depth: 2 });
  assert.throws(() => checkJsonBounds('[[{', { values: 9, depth: 2 }), /nested more than 2/);
  assert.throws(() => parseJsonWithin('['.repeat(1e6), { values: 1e9 }), /nested more than 64/);
  for (const text of ['"', '"\\', '{"a":"', '\\'])
    assert.throws(() => parseJsonWithin(text, { values: 9 }), SyntaxError);
});

test('a value in a message is short', () => {
  assert.equal(shown('a\n'), '"a\\n"');
  assert.equal(shown(undefined), 'undefined');
  assert.ok(shown('x'.repeat(1e6)).length < 110);
});

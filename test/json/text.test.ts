import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkJsonBounds, parseJsonWithin, shown } from '../../src/json/index.ts';

/** How many values a value is made of. */
function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, part) => sum + countOf(part), 1);
}

test('what it counts is what becomes of the text, whatever stands in its strings', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = JSON.stringify(value);
      assert.equal(checkJsonBounds(text, { values: 1e9 }), countOf(JSON.parse(text)));
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
  assert.throws(() => checkJsonBounds('[[{', { values: 9, depth: 2 }), /more than 2 levels/);
  assert.throws(() => parseJsonWithin('['.repeat(1e6), { values: 1e9 }), /more than 64 levels/);
  assert.deepEqual(Object.keys(parseJsonWithin('{"__proto__":1}', { values: 9 }) as object), ['__proto__']);
  for (const text of ['"', '"\\', '{"a":"', '\\'])
    assert.throws(() => parseJsonWithin(text, { values: 9 }), SyntaxError);
});

test('a value in a message is short', () => {
  assert.equal(shown('a\n'), '"a\\n"');
  assert.equal(shown(undefined), 'undefined');
  assert.ok(shown('x'.repeat(1e6)).length < 110);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Dictionary } from '../../../src/gallery/columns/dictionary.ts';

/** Different values, with those that are written and kept in different ways: short, long, not ASCII, alike in their first bytes. */
const values: readonly (string | number)[] = Array.from({ length: 1500 }, (_, i) => [
  i / 4,
  `${i / 4}`,
  `value ${i}`,
  `größe ${i} 😀`,
  `${'x'.repeat(60)}${i}`,
]).flat();

test('values have one code each, the same while they are few and when they are many, from which they are told', () => {
  const dictionary = new Dictionary();
  const codes = new Map<string | number, number>();
  for (const value of values) {
    codes.set(value, dictionary.codeOf(value));
    assert.equal(dictionary.codeOf(value), codes.get(value));
  }
  assert.equal(new Set(codes.values()).size, values.length);
  for (const value of values) {
    assert.equal(dictionary.codeOf(value), codes.get(value));
    assert.equal(dictionary.find(value), codes.get(value));
    assert.equal(dictionary.valueAt(codes.get(value) as number), value);
  }
  assert.equal(dictionary.codeOf(-0), dictionary.codeOf(0));
  assert.equal(dictionary.find('größe'), undefined);
});

test('texts have the order of their code points, however many bytes they have', () => {
  const dictionary = new Dictionary();
  const texts = ['', 'a', 'abcdef', 'abcdef\0', 'abcdefg', 'b', 'é', '\uffff', '😀', '😀a'];
  const codes = texts.map((text) => dictionary.codeOf(text));
  for (const [i, a] of codes.entries())
    for (const [j, b] of codes.entries()) {
      assert.equal(dictionary.compare(a, b), Math.sign(i - j));
      assert.ok(!dictionary.isSurelyAfter(a, b) || i > j);
    }
});

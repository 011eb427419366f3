import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundedKeyOf, keyOf, textOfKey, uuidOf } from '../../../src/engines/weaviate/names.ts';
import { existsTerm, indexedItem, longNumberTerm, valueTerm } from '../../../src/engines/weaviate/terms.ts';

test('keys are ordered as texts are by code points, and come back', () => {
  const texts = ['', 'a', 'a b', 'ab', 'b', '\u00e9', '\uffee', '\u{1f600}'];
  assert.deepEqual(texts.map(keyOf).toSorted(), texts.map(keyOf));
  assert.deepEqual(texts.map(keyOf).map(textOfKey), texts);
  const long = 'x'.repeat(512);
  assert.ok(boundedKeyOf(`${long}a`) > boundedKeyOf(long));
  assert.ok(boundedKeyOf(`${long}a`) < boundedKeyOf('y'));
});

test('the UUID of a text is always the same, of version 5, and another for another', () => {
  assert.match(uuidOf('item', 'a'), /^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  assert.equal(uuidOf('item', 'a'), uuidOf('item', 'a'));
  assert.equal(new Set([uuidOf('a', 'b'), uuidOf('ab'), uuidOf('b', 'a')]).size, 3);
});

test('an item is found by every name of a field that leads to a value', () => {
  const item = {
    id: 'a',
    productId: 'p',
    label: null,
    split: null,
    metadata: {
      price: { eur: 5 },
      'price.usd': 6,
      none: null,
      tags: ['x', ['y']],
      long: '12345678901234567',
    },
  };
  const terms = new Set(indexedItem(item).terms);
  for (const [field, value] of [
    ['metadata.price.eur', 5],
    ['metadata.price.usd', 6],
    ['metadata.none', null],
    ['metadata.tags', 'x'],
    ['productId', 'p'],
  ] as const)
    assert.ok(terms.has(value === null ? existsTerm(field) : valueTerm(field, value)), field);
  for (const field of ['label', 'metadata.price.gbp']) assert.ok(!terms.has(existsTerm(field)), field);
  assert.ok(terms.has(longNumberTerm('metadata.long')));
  assert.ok(!terms.has(valueTerm('metadata.tags', 'y')));
});

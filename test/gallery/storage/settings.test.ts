import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSettings } from '../../../src/gallery/storage/settings.ts';

const space = {
  modelId: 'a'.repeat(64),
  modelName: 'lite',
  dimension: 3,
  metric: 'cosine',
  generation: 1,
};
const settings = { storeImages: true, createdAt: '2026-01-01T00:00:00.000Z', space };
const parse = (value: unknown): ReturnType<typeof parseSettings> => parseSettings(JSON.stringify(value));

test('settings are read as they are written', () => {
  assert.deepEqual(parse(settings), settings);
  const whole = {
    ...settings,
    replacement: { ...space, generation: 2, metric: 'l2', dimension: 16_384 },
    cursorKey: 'b'.repeat(64),
    vectorsKey: 'c'.repeat(64),
  };
  assert.deepEqual(parse(whole), whole);
});

const wrong: Readonly<Record<string, readonly unknown[]>> = {
  generation: [0, -1, 1.5, 2 ** 31 + 1, '1', '1 --/../victim', null, [1], {}, true],
  dimension: [0, -1, 1.5, 16_385, 2 ** 40, '3', null],
  metric: ['__proto__', 'constructor', 'dot', '', null, 1],
  modelId: ['', 'a', 'A'.repeat(64), `${'a'.repeat(63)}/`, `../${'a'.repeat(61)}`, `${'a'.repeat(64)}\n`, 1],
  modelName: ['x'.repeat(201), 'a\u0000', '\ud800', 1],
};

test('each part of a space is what it may be, in both places', () => {
  for (const [name, values] of Object.entries(wrong))
    for (const value of values) {
      const other = { ...space, generation: 2, [name]: value };
      assert.ok('problem' in parse({ ...settings, space: other }), `${name} ${JSON.stringify(value)}`);
      assert.ok('problem' in parse({ ...settings, replacement: other }), `${name} ${JSON.stringify(value)}`);
    }
});

test('the rest of the settings', () => {
  const bad = [
    { ...settings, storeImages: 1 },
    { ...settings, createdAt: 'now' },
    { ...settings, createdAt: '2026-01-01T00:00:00.000Z<script>' },
    { ...settings, cursorKey: 'x' },
    { ...settings, vectorsKey: 'x' },
    { ...settings, more: 1 },
    { ...settings, space: { ...space, more: 1 } },
    { ...settings, replacement: space },
    { ...settings, space: undefined },
    [],
    null,
    'settings',
  ];
  for (const one of bad) assert.ok('problem' in parse(one), JSON.stringify(one));
  for (const text of ['', '{', 'undefined', `${'['.repeat(10_000)}`])
    assert.ok('problem' in parseSettings(text));
});

test('whatever the text, nothing is thrown', () => {
  fc.assert(fc.property(fc.string(), (text) => 'problem' in parseSettings(text)));
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.ok('problem' in parse({ ...settings, space: { ...space, generation: [value] } }));
    }),
  );
});

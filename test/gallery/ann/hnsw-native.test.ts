import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HnswIndex } from '../../../src/gallery/ann/hnsw-index.ts';
import { probe } from '../../../src/gallery/ann/hnsw-native.ts';

test('a module that is absent or foreign is a problem that says what to install', () => {
  const absent = probe(() => {
    throw new Error("Cannot find module 'hnswlib-node'\nRequire stack: ...");
  });
  assert.ok('problem' in absent);
  assert.match(
    absent.problem,
    /Cannot find module 'hnswlib-node'\. .*C\+\+ compiler.*npm rebuild hnswlib-node/,
  );
  assert.ok('problem' in probe(() => ({})));
});

test('options outside their range are a RangeError that shows the value', () => {
  for (const [name, value] of Object.entries({ dimension: 0, m: 1, ef: 1.5, efConstruction: Number.NaN }))
    assert.throws(
      () => HnswIndex.create({ metric: 'l2', dimension: 3, [name]: value }),
      new RegExp(`RangeError: ${name} .* not ${value}`),
    );
});

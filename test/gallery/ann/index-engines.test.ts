import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HnswIndex } from '../../../src/gallery/ann/hnsw-index.ts';
import {
  findIndexEngines,
  firstEngine,
  probe,
  requireEngine,
} from '../../../src/gallery/ann/index-engines.ts';

test('a module that is absent or foreign is a problem that says what to install', () => {
  const remedies = {
    hnswlib: /C\+\+ compiler.*npm install && npm rebuild hnswlib-node/,
    usearch: /npm install usearch@/,
  };
  for (const engine of ['hnswlib', 'usearch'] as const) {
    const absent = probe(engine, () => {
      throw new Error('Cannot find module\nRequire stack: ...');
    });
    assert.ok('problem' in absent);
    assert.match(absent.problem, /^The module (hnswlib-node|usearch) does not load: Cannot find module\. /);
    assert.match(absent.problem, remedies[engine]);
    assert.ok('problem' in probe(engine, () => ({})));
  }
});

test('without a wish it is the first that loads, with one that one or none', () => {
  const loading = findIndexEngines().filter(({ available }) => available);
  assert.equal(firstEngine(), loading[0]?.engine);
  for (const { engine, available } of findIndexEngines()) {
    assert.equal(firstEngine(engine), available ? engine : undefined);
    if (available) assert.equal(requireEngine(engine).engine, engine);
    else assert.throws(() => requireEngine(engine), { code: 'index-unavailable' });
  }
});

test('options outside their range are a RangeError that shows the value', () => {
  for (const [name, value] of Object.entries({ dimension: 0, m: 1, ef: 1.5, efConstruction: Number.NaN }))
    assert.throws(
      () => HnswIndex.create({ metric: 'l2', dimension: 3, [name]: value }),
      new RegExp(`RangeError: ${name} .* not ${value}`),
    );
  assert.throws(
    () => HnswIndex.create({ metric: 'l2', dimension: 3, engine: 'tree' as 'usearch' }),
    /TypeError: engine must be .usearch. or .hnswlib., not .tree.\./,
  );
});

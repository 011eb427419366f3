// slow: starts processes
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { SearchAnswer } from '../../../src/engine/index.ts';
import { HnswIndex } from '../../../src/gallery/ann/hnsw-index.ts';
import type { IndexEngine } from '../../../src/gallery/ann/manifest.ts';
import { VectorTable } from '../../../src/gallery/storage/vector-table.ts';
import type { Collection } from '../../../src/gallery/worker/collection.ts';
import { DataFolder } from '../../../src/gallery/worker/data-folder.ts';
import { silentLogger } from '../../../src/log.ts';
import { eager, item, modelId, settings, temporaryFolder } from '../support/gallery.ts';
import { enginesHere, skipWithoutEngine } from './engines-here.ts';

// An index is a cache: whatever it throws, what was written is written, and searches answer.

const skip = skipWithoutEngine;
const fail = (): never => {
  throw new Error('Hnswlib Error');
};

/** A store in this very thread, so that its parts can be made to fail, and what it logs. */
async function openStore(
  t: TestContext,
  options: { readonly indexEngine?: IndexEngine; readonly directory?: string } = {},
): Promise<{ store: DataFolder; warnings: string[]; errors: string[] }> {
  const warnings: string[] = [];
  const errors: string[] = [];
  const log = {
    ...silentLogger,
    warn: (message: string) => void warnings.push(message),
    error: (message: string) => void errors.push(message),
  };
  const directory = options.directory ?? (await temporaryFolder(t));
  const store = new DataFolder({
    ...options,
    directory,
    readOnly: false,
    createIfMissing: true,
    log,
    exactSearchLimits: eager,
    maxCollections: 1000,
    openCollections: 64,
  });
  t.after(() => store.close());
  return { store, warnings, errors };
}

function makeCollection(store: DataFolder, name: string, dimension: number): Collection {
  store.create(settings(name, dimension, 'l2'));
  const collection = store.collection(name);
  const vector = (i: number): number[] => Array.from({ length: dimension }, (_, j) => (j === 0 ? i : 1));
  collection.upsert(
    modelId,
    Array.from({ length: 100 }, (_, i) => item(`i${i}`, vector(i))),
  );
  return collection;
}

/** Works until nothing is to be done; that there is an end to it is part of the test. */
function finish(store: DataFolder): void {
  for (let slice = 0; store.isBehind(); slice++) {
    assert.ok(slice < 1000, 'background work goes on for ever');
    store.work();
  }
}

function nearest(collection: Collection, ...numbers: readonly number[]): SearchAnswer {
  const search = collection.search(Float32Array.from(numbers), { k: 1 });
  for (;;) {
    const { done, value } = search.next();
    if (done === true) return value as SearchAnswer;
  }
}

/** How the search went and what it found. */
const found = ({ searched, hits }: SearchAnswer): readonly unknown[] => [searched.kind, hits[0]?.item.id];

test('a search whose index throws is answered exactly, and a new index is built', { skip }, async (t) => {
  const { store, warnings } = await openStore(t);
  const shop = makeCollection(store, 'shop', 2);
  finish(store);
  assert.deepEqual(found(nearest(shop, 7, 1)), ['hnsw', 'i7']);
  const mocked = t.mock.method(HnswIndex.prototype, 'search', fail);
  assert.deepEqual(found(nearest(shop, 7, 1)), ['exact', 'i7']);
  mocked.mock.restore();
  assert.deepEqual(warnings, ['the search index failed: searches are exact until a new one is built']);
  assert.deepEqual([shop.info().index.state, shop.info().index.indexed], ['building', 0]);
  finish(store);
  assert.deepEqual(found(nearest(shop, 7, 1)), ['hnsw', 'i7']);
});

test('a deletion whose index throws is done, and told to all that follow', { skip }, async (t) => {
  const { store, warnings } = await openStore(t);
  const shop = makeCollection(store, 'shop', 2);
  finish(store);
  shop.beginReembedding({ modelId: 'b'.repeat(64), modelName: 'new', dimension: 3 });
  const mocked = t.mock.method(HnswIndex.prototype, 'delete', fail);
  assert.equal(shop.delete(['i3', 'i4']), 2);
  shop.upsert(modelId, [item('i5', [5.2, 1])]);
  mocked.mock.restore();
  assert.equal(warnings.length, 1);
  assert.throws(() => shop.items.get('i3'), { code: 'item-not-found' });
  assert.equal(shop.itemsToReembed(1000).length, 98);
  finish(store);
  assert.deepEqual([shop.info().index.state, shop.info().index.indexed], ['ready', 98]);
  assert.deepEqual(found(nearest(shop, 3.9, 1)), ['hnsw', 'i5']);
});

test('an index that cannot be built is left until the next write; others are built', { skip }, async (t) => {
  const { store, warnings } = await openStore(t);
  const bad = makeCollection(store, 'bad', 3);
  const good = makeCollection(store, 'good', 2);
  const { addAll } = HnswIndex.prototype;
  const mocked = t.mock.method(
    HnswIndex.prototype,
    'addAll',
    function (this: HnswIndex, entries: Parameters<typeof addAll>[0]): void {
      if (entries[0]?.[1].length === 3) fail();
      addAll.call(this, entries);
    },
  );
  finish(store);
  assert.equal(warnings.length, 2);
  assert.deepEqual(found(nearest(good, 7, 1)), ['hnsw', 'i7']);
  assert.deepEqual(found(nearest(bad, 7, 1, 1)), ['exact', 'i7']);
  mocked.mock.restore();
  assert.equal(store.isBehind(), false);
  bad.upsert(modelId, [item('i7', [7, 1, 1])]);
  finish(store);
  assert.deepEqual(found(nearest(bad, 7, 1, 1)), ['hnsw', 'i7']);
});

test('background work that fails rests for that collection only, until it is used', { skip }, async (t) => {
  const { store, errors } = await openStore(t);
  const bad = makeCollection(store, 'bad', 3);
  const good = makeCollection(store, 'good', 2);
  const { vectorsAfter } = VectorTable.prototype;
  const mocked = t.mock.method(
    VectorTable.prototype,
    'vectorsAfter',
    function (this: VectorTable, sequence: number, limit: number) {
      return this.dimension === 3 ? fail() : vectorsAfter.call(this, sequence, limit);
    },
  );
  finish(store);
  assert.equal(errors.length, 1);
  assert.deepEqual(found(nearest(good, 7, 1)), ['hnsw', 'i7']);
  mocked.mock.restore();
  assert.equal(store.isBehind(), false);
  assert.equal(store.collection('bad'), bad);
  finish(store);
  assert.deepEqual(found(nearest(bad, 7, 1, 1)), ['hnsw', 'i7']);
});

test('a vector in the catalogue that is none does not cost the index its others', { skip }, async (t) => {
  const { store, warnings, errors } = await openStore(t);
  const shop = makeCollection(store, 'shop', 2);
  finish(store);
  const { vectorsAfter } = VectorTable.prototype;
  t.mock.method(
    VectorTable.prototype,
    'vectorsAfter',
    function (this: VectorTable, sequence: number, limit: number) {
      const rows = vectorsAfter.call(this, sequence, limit);
      return rows.map(([one]) => [one, Float32Array.of(Number.NaN, 1)] as const);
    },
  );
  shop.upsert(modelId, [item('new', [7.2, 1])]);
  finish(store);
  assert.deepEqual([warnings.length, errors.length, shop.info().index.indexed], [0, 1, 100]);
});

test('an index is of the engine that is named; without a name one that is saved stays', {
  skip: enginesHere.find(({ skip: reason }) => reason !== false)?.skip,
}, async (t) => {
  const directory = await temporaryFolder(t);
  const engineOf = async (indexEngine?: IndexEngine): Promise<unknown[]> => {
    const { store, warnings } = await openStore(t, { ...(indexEngine && { indexEngine }), directory });
    if (store.collections().next().value?.length === 0) makeCollection(store, 'shop', 2);
    const { indexed } = store.collection('shop').info().index;
    finish(store);
    const { engine } = store.collection('shop').info().index;
    assert.deepEqual(found(nearest(store.collection('shop'), 7, 1)), ['hnsw', 'i7']);
    store.close();
    return [engine, indexed, warnings.length];
  };
  assert.deepEqual(await engineOf('hnswlib'), ['hnswlib', 0, 0]);
  assert.deepEqual(await engineOf(), ['hnswlib', 100, 0]);
  assert.deepEqual(await engineOf('usearch'), ['usearch', 0, 1]);
  assert.deepEqual(await engineOf(), ['usearch', 100, 0]);
});

test('an index that cannot be saved keeps no other from being saved', { skip }, async (t) => {
  const { store, errors } = await openStore(t);
  const names = ['a', 'b'];
  for (const name of names) makeCollection(store, name, 2).upsert(modelId, many(1500));
  finish(store);
  const { save } = HnswIndex.prototype;
  const saved: string[] = [];
  t.mock.method(
    HnswIndex.prototype,
    'save',
    function (this: HnswIndex, directory: string, state: Parameters<typeof save>[1]): void {
      if (saved.push(directory) === 1) fail();
      save.call(this, directory, state);
    },
  );
  store.saveInIdleTime();
  store.saveInIdleTime();
  assert.equal(errors.length, 1);
  assert.deepEqual(
    saved,
    names.map((name) => join(dirname(store.collection(name).file), 'index-1')),
  );
});

const many = (count: number) => Array.from({ length: count }, (_, i) => item(`n${i}`, [i, 2]));

test('an index is built anew in a bounded number of slices, though writes never pause', {
  skip,
}, async (t) => {
  const { store } = await openStore(t);
  const dimension = 512;
  const shop = makeCollection(store, 'shop', dimension);
  const vector = (first: number): number[] => [first, ...new Array<number>(dimension - 1).fill(1)];
  const replace = (numbers: readonly number[], by: number): void => {
    shop.upsert(
      modelId,
      numbers.map((i) => item(`i${i}`, vector(i + by))),
    );
  };
  const first = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  replace(first(60), 0.1);
  finish(store);
  replace(first(60), 0.2);
  assert.equal(shop.info().index.deletedShare > 0.5, true);
  // One part of four vectors a slice: fewer than are written.
  let now = 0;
  t.mock.method(performance, 'now', () => {
    now += 3;
    return now;
  });
  let slices = 0;
  for (; shop.info().index.deletedShare > 0.5; slices += 1) {
    assert.ok(slices < 60, 'the old index stays for ever');
    // The first takes up in memory what was written.
    store.work();
    store.work();
    replace([59, 58, 57, 56, 55], 0.3 + slices / 1000);
  }
  assert.ok(slices > 3, 'it took several slices');
  assert.equal(shop.info().index.state, 'building', 'what was written meanwhile is not in it yet');
  assert.deepEqual(nearest(shop, ...vector(57.3)).hits[0]?.item.id, 'i57');
  t.mock.restoreAll();
  finish(store);
  assert.deepEqual([shop.info().index.state, shop.info().index.indexed], ['ready', 100]);
  for (const i of [0, 57, 99])
    assert.deepEqual(found(nearest(shop, ...vector(i + 0.2))), ['hnsw', `i${i}`], `item ${i}`);
});

import { deepEqual, equal, ok } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ItemInput } from '../../../src/engine/index.ts';
import {
  defaultExactSearchLimits,
  type ExactSearchLimits,
} from '../../../src/gallery/search/exact-search-limits.ts';
import type { Collection } from '../../../src/gallery/worker/collection.ts';
import { DataFolder } from '../../../src/gallery/worker/data-folder.ts';
import { silentLogger } from '../../../src/log.ts';
import type { Sliced } from '../../../src/threads/index.ts';
import { normals } from '../ann/vectors.ts';
import { eager, item, modelId, settings, temporaryFolder } from '../support/gallery.ts';

const dimension = 1024;
const count = 600;

const vectorOf = (i: number): number[] => Array.from({ length: dimension }, normals(i + 1));
const one = (i: number, colour = 'red'): ItemInput => item(`i${i}`, vectorOf(i), { metadata: { colour } });
const query = Float32Array.from(vectorOf(7));

/** A collection in this thread, and a way to do all that waits in the background. */
async function openShop(
  t: TestContext,
  exactSearchLimits: ExactSearchLimits = defaultExactSearchLimits,
): Promise<{ readonly shop: Collection; readonly settle: () => void }> {
  const options = { readOnly: false, createIfMissing: true, maxCollections: 10, openCollections: 1 };
  const directory = await temporaryFolder(t);
  const folder = new DataFolder({ ...options, directory, log: silentLogger, exactSearchLimits });
  t.after(() => folder.close());
  folder.create(settings('shop', dimension));
  const shop = folder.collection('shop');
  shop.upsert(
    modelId,
    Array.from({ length: count }, (_, i) => one(i)),
  );
  return {
    shop,
    settle: () => {
      while (folder.isBehind()) folder.work();
    },
  };
}

/** Does all slices of some work, with something between them. */
function finish<T>(shop: Collection, given: Sliced<T>, between: (slice: number) => void): T {
  const work = shop.during(given);
  for (let slice = 1; ; slice += 1) {
    const { done, value } = work.next();
    if (done === true) return value;
    ok(slice < 100, 'it ends');
    between(slice);
  }
}

test('an item that is replaced while a search is under way is among its answers', async (t) => {
  const { shop, settle } = await openShop(t);
  for (const filter of [undefined, { field: 'metadata.colour', in: ['red', 'blue'] }]) {
    settle();
    // So many that the search reads them in more than one slice.
    shop.upsert(
      modelId,
      Array.from({ length: 300 }, (_, i) => one(1000 + i, filter ? 'red' : 'blue')),
    );
    let slices = 0;
    const search = shop.search(query, { k: 3, exact: true, group: 'item', filter });
    const { hits, total } = finish(shop, search, (slice) => {
      slices = slice;
      if (slice === 1) shop.upsert(modelId, [one(7, filter ? 'red' : 'blue')]);
    });
    ok(slices > 0, 'something came between');
    deepEqual([hits[0]?.item.id, hits.length, total], ['i7', 3, count + 300]);
  }
});

test('what is written faster than it is read keeps neither columns nor vectors of a search from being made', async (t) => {
  const { shop } = await openShop(t);
  const filter = { field: 'metadata.colour', equals: 'red' };
  let next = 1000;
  const answer = finish(shop, shop.search(query, { exact: true, filter }), () => {
    shop.upsert(
      modelId,
      Array.from({ length: 300 }, () => one(next++)),
    );
  });
  equal(answer.hits[0]?.item.id, 'i7');
});

test('items that are replaced while a column is made are counted by their values', async (t) => {
  const { shop } = await openShop(t);
  const facets = shop.facets({ fields: [{ field: 'metadata.colour' }], group: 'item' });
  const { fields, total } = finish(shop, facets, (slice) => {
    if (slice === 1) shop.upsert(modelId, [one(count - 1, 'blue')]);
  });
  equal(total, count);
  deepEqual(fields, [
    {
      field: 'metadata.colour',
      values: [
        { value: 'red', count: count - 1 },
        { value: 'blue', count: 1 },
      ],
      others: 0,
      missing: 0,
    },
  ]);
});

test('a filtered search of the index goes on when something is written before it', async (t) => {
  const { shop, settle } = await openShop(t, eager);
  settle();
  shop.upsert(modelId, [one(count)]);
  const filter = { field: 'metadata.colour', equals: 'red' };
  const { searched, hits } = finish(shop, shop.search(query, { k: 3, filter }), (slice) => {
    if (slice === 1)
      shop.upsert(
        modelId,
        Array.from({ length: 40 }, (_, i) => one(count + 1 + i)),
      );
  });
  deepEqual([searched.kind, hits[0]?.item.id], ['hnsw', 'i7']);
});

test('searches of which one is always under way do not keep dead rows', async (t) => {
  const { shop, settle } = await openShop(t);
  settle();
  const bytes = (): number => shop.info().memory?.vectors ?? 0;
  const first = bytes();
  const items = Array.from({ length: count }, (_, i) => one(i));
  const searchOf = (): Sliced<unknown> => shop.during(shop.search(query, { k: 3, exact: true }));
  let before = searchOf();
  before.next();
  for (let round = 0; round < 14; round += 1) {
    shop.upsert(
      modelId,
      items.map((input) => ({ ...input, metadata: { colour: `colour ${round}` } })),
    );
    const next = searchOf();
    next.next();
    for (let slice = 0; before.next().done !== true; slice += 1) ok(slice < 1000, 'it ends');
    before = next;
  }
  // Some thousand dead rows are kept in any case; without a compaction there were 15 times as many as at first.
  ok(first > 0 && bytes() < 11 * first, `${bytes()} of ${first}`);
});

import { deepEqual, equal, ok } from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { cacheName } from '../../../src/gallery/memory/kept-vectors.ts';
import { defaultExactSearchLimits } from '../../../src/gallery/search/exact-search-limits.ts';
import { DataFolder, type DataFolderOptions } from '../../../src/gallery/worker/data-folder.ts';
import { Scheduler } from '../../../src/gallery/worker/scheduler.ts';
import { silentLogger } from '../../../src/log.ts';
import { item, modelId, settings, temporaryFolder } from '../support/gallery.ts';

/** So wide that a block of the file has 384 vectors. */
const dimension = 2048;
const vectorOf = (i: number): number[] =>
  Array.from({ length: dimension }, (_, j) => ((i * (j + 1)) % 17) - 8);

test('an item is read, and one is written, while the file of vectors is being saved', async (t) => {
  const options: DataFolderOptions & { readonly above: number } = {
    directory: await temporaryFolder(t),
    readOnly: false,
    createIfMissing: true,
    log: silentLogger,
    exactSearchLimits: { ...defaultExactSearchLimits, collection: 1e9 },
    maxCollections: 10,
    openCollections: 1,
    above: 0,
  };
  const store = new DataFolder(options);
  t.after(() => store.close());
  store.create(settings('shop', dimension));
  const shop = store.collection('shop');
  for (let start = 0; start < 1200; start += 400)
    shop.upsert(
      modelId,
      Array.from({ length: 400 }, (_, i) => item(`i${start + i}`, vectorOf(start + i))),
    );
  while (store.isBehind()) store.work();
  const path = join(dirname(shop.file), cacheName(1));
  const temporaries = (): string[] => readdirSync(dirname(path)).filter((name) => name.endsWith('.tmp'));

  store.saveInIdleTime();
  deepEqual([existsSync(path), store.isBehind()], [false, true], 'saving has only begun');
  const scheduler = new Scheduler(store);
  scheduler.wake();
  while (temporaries().length === 0) await turn();
  const asked = scheduler.run(
    (function* () {
      yield;
      shop.upsert(modelId, [item('new', vectorOf(7))]);
      return shop.items.get('new').id;
    })(),
  );
  equal(await asked, 'new');
  ok(!existsSync(path), 'the answer comes before the file is whole');
  while (store.isBehind()) await turn();
  deepEqual([existsSync(path), temporaries()], [true, []]);

  // One that was closed for another is saved beside requests before: it stays open for that time.
  shop.delete(Array.from({ length: 1001 }, (_, i) => `i${i}`));
  while (store.isBehind()) store.work();
  store.create(settings('other', dimension));
  equal(store.collection('shop'), shop, 'it is still open');
  ok(store.isBehind());
  while (store.isBehind()) store.work();
  store.create(settings('third', dimension));
  ok(store.collection('shop') !== shop, 'it was closed and opened again');
  equal(store.collection('shop').info().items, 200);
});

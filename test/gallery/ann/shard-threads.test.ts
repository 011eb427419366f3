// slow: starts threads
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ShardThreads } from '../../../src/gallery/ann/shard-threads.ts';
import { defaultExactSearchLimits } from '../../../src/gallery/search/exact-search-limits.ts';
import type { Collection } from '../../../src/gallery/worker/collection.ts';
import { DataFolder } from '../../../src/gallery/worker/data-folder.ts';
import { silentLogger } from '../../../src/log.ts';
import { eager, item, modelId, settings, temporaryFolder } from '../support/gallery.ts';
import { skipWithoutEngine } from './engines-here.ts';

// A thread that dies costs the index, which is built anew, and neither answers nor the thread of the gallery.

const skip = skipWithoutEngine;
const script = new URL('./dying-thread.js', import.meta.url);

/** A store in this very thread, with an index in threads that die when they save. */
async function openStore(
  t: TestContext,
  exactSearchLimits = eager,
): Promise<{ store: DataFolder; hosts: ShardThreads; warnings: string[]; calls: string[] }> {
  const warnings: string[] = [];
  const calls: string[] = [];
  const hosts = new ShardThreads(2, () => {}, script);
  const { call } = hosts;
  hosts.call = (host, operation, ...rest) => {
    calls.push(operation);
    return call.call(hosts, host, operation, ...rest) as ReturnType<typeof call<typeof operation>>;
  };
  const store = new DataFolder({
    directory: await temporaryFolder(t),
    readOnly: false,
    createIfMissing: true,
    log: { ...silentLogger, warn: (message: string) => void warnings.push(message) },
    exactSearchLimits,
    shardHosts: hosts,
    maxCollections: 1000,
    openCollections: 64,
  });
  t.after(async () => {
    store.close();
    await hosts.close();
  });
  return { store, hosts, warnings, calls };
}

function fill(store: DataFolder, name: string, count = 1200): Collection {
  store.create(settings(name, 2, 'l2'));
  const collection = store.collection(name);
  collection.upsert(
    modelId,
    Array.from({ length: count }, (_, i) => item(`i${i}`, [i, 1])),
  );
  return collection;
}

async function finish(store: DataFolder): Promise<void> {
  while (store.isBehind()) {
    store.work();
    await nextTurn();
  }
}

async function found(collection: Collection, x: number): Promise<readonly unknown[]> {
  const search = collection.search(Float32Array.of(x, 1), { k: 1 });
  for (;;) {
    const { done, value } = search.next();
    if (done === true) return [value.searched.kind, value.hits[0]?.item.id];
    await value;
  }
}

test('while a thread saves, searches are exact; when it dies of that, a new index is built', {
  skip,
}, async (t) => {
  const { store, hosts, warnings } = await openStore(t);
  const shop = fill(store, 'shop');
  await finish(store);
  assert.deepEqual(await found(shop, 7), ['hnsw', 'i7']);
  store.saveInIdleTime();
  assert.equal(hosts.isHeld, true);
  assert.deepEqual(await found(shop, 7), ['exact', 'i7']);
  while (hosts.isHeld) await nextTurn();
  assert.deepEqual(warnings, ['the search index was not saved']);
  // Its shards died with the thread.
  assert.deepEqual(await found(shop, 7), ['exact', 'i7']);
  assert.equal(warnings[1], 'the search index failed: searches are exact until a new one is built');
  await finish(store);
  assert.deepEqual(await found(shop, 7), ['hnsw', 'i7']);
});

test('dropping a collection waits for no thread that is dead, and removes its folder', {
  skip,
}, async (t) => {
  const { store, hosts } = await openStore(t);
  const folder = dirname(fill(store, 'shop').file);
  await finish(store);
  store.saveInIdleTime();
  // Before this thread can hear of the death of the others: a wait of two minutes, if they did not count as done.
  store.drop('shop');
  assert.equal(existsSync(folder), false);
  while (hosts.isHeld) await nextTurn();
  const again = fill(store, 'shop');
  await finish(store);
  assert.deepEqual(await found(again, 7), ['hnsw', 'i7']);
});

test('collections without an index ask nothing of the threads, which do not start', { skip }, async (t) => {
  const { store, hosts, calls } = await openStore(t, defaultExactSearchLimits);
  for (const name of ['a', 'b', 'c']) {
    const collection = fill(store, name, 50);
    collection.delete(['i3']);
    await finish(store);
    assert.deepEqual(await found(collection, 7), ['exact', 'i7']);
  }
  store.saveInIdleTime();
  store.drop('a');
  assert.deepEqual([calls, hosts.isHeld], [[], false]);
});

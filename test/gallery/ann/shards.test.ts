// slow: starts threads
import assert from 'node:assert/strict';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Gallery } from '../../../src/gallery/index.ts';
import { type LogFields, silentLogger } from '../../../src/log.ts';
import { eager, indexed, item, modelId, settings, temporaryFolder } from '../support/gallery.ts';
import { skipWithoutEngine } from './engines-here.ts';
import { normals } from './vectors.ts';

// An index in several threads finds what one finds, through changes, restarts and another number of threads.

const skip = skipWithoutEngine;
const dimension = 16;
const next = normals(11);
const vectors = new Map<string, number[]>(
  Array.from({ length: 600 }, (_, i) => [`i${i}`, Array.from({ length: dimension }, next)]),
);

const open = (directory: string, indexThreads: number): Promise<Gallery> =>
  Gallery.open(directory, { exactSearchLimits: eager, indexThreads });

const itemsOf = (ids: Iterable<string>) => [...ids].map((id) => item(id, vectors.get(id) ?? []));

/** Each item is found by its own vector in the index alone. */
async function allFound(gallery: Gallery, ids: Iterable<string>): Promise<void> {
  for (const id of ids) {
    const { hits, searched } = await gallery.search('shop', Float32Array.from(vectors.get(id) ?? []), {
      k: 1,
    });
    assert.deepEqual([searched.kind, hits[0]?.item.id], ['hnsw', id]);
  }
}

const foldersOf = async (directory: string): Promise<string[]> =>
  (await readdir(join(directory, 'collections', 'shop'))).filter((name) => name.startsWith('index-')).sort();

test('two threads find every item, and what they saved is loaded by one thread and by three', {
  skip,
}, async (t: TestContext) => {
  const directory = await temporaryFolder(t);
  const two = await open(directory, 2);
  await two.create(settings('shop', dimension, 'l2'));
  await two.upsert('shop', modelId, itemsOf(vectors.keys()));
  await indexed(two, 'shop');
  await allFound(two, vectors.keys());
  const kept = [...vectors.keys()].filter((_, i) => i % 10 !== 0);
  await two.delete(
    'shop',
    [...vectors.keys()].filter((_, i) => i % 10 === 0),
  );
  await allFound(two, kept.slice(0, 100));
  await two.close();
  assert.deepEqual(await foldersOf(directory), ['index-1.0-of-2', 'index-1.1-of-2']);
  for (const threads of [1, 3, 0]) {
    const again = await open(directory, threads);
    await indexed(again, 'shop');
    assert.equal((await again.info('shop')).index.indexed, kept.length);
    await allFound(again, kept.slice(0, 50));
    await again.close();
    assert.deepEqual(await foldersOf(directory), ['index-1.0-of-2', 'index-1.1-of-2']);
  }
});

test('an index that is built anew by another number of threads leaves no folder of the other', {
  skip,
}, async (t) => {
  const directory = await temporaryFolder(t);
  const ids = [...vectors.keys()].slice(0, 100);
  for (const threads of [2, 1]) {
    const gallery = await open(directory, threads);
    await gallery.create(settings('shop', dimension, 'l2'));
    // Replaced until more than half of the nodes are of items that are gone: then the index is built anew.
    for (let round = 0; round < 3; round++) {
      await gallery.delete('shop', ids);
      await gallery.upsert(
        'shop',
        modelId,
        ids.map((id) =>
          item(
            id,
            (vectors.get(id) ?? []).map((x) => x + round + threads),
          ),
        ),
      );
      await indexed(gallery, 'shop');
    }
    await gallery.close();
    assert.deepEqual(
      await foldersOf(directory),
      threads === 2 ? ['index-1.0-of-2', 'index-1.1-of-2'] : ['index-1'],
    );
  }
});

test('a collection is dropped, and made anew, while its index is being built', { skip }, async (t) => {
  const gallery = await open(await temporaryFolder(t), 2);
  t.after(() => gallery.close());
  for (let round = 0; round < 3; round++) {
    await gallery.create(settings('shop', dimension, 'l2'));
    await gallery.upsert('shop', modelId, itemsOf(vectors.keys()));
    if (round < 2) await gallery.drop('shop');
  }
  await indexed(gallery, 'shop');
  await allFound(gallery, [...vectors.keys()].slice(0, 50));
});

test('shards that were swapped are not used', { skip }, async (t) => {
  const directory = await temporaryFolder(t);
  const first = await open(directory, 2);
  await first.create(settings('shop', dimension, 'l2'));
  await first.upsert('shop', modelId, itemsOf(vectors.keys()));
  await indexed(first, 'shop');
  await first.close();
  const folder = join(directory, 'collections', 'shop');
  const [one = '', two = ''] = await foldersOf(directory);
  await rename(join(folder, one), join(folder, 'x'));
  await rename(join(folder, two), join(folder, one));
  await rename(join(folder, 'x'), join(folder, two));
  const problems: unknown[] = [];
  const log = {
    ...silentLogger,
    warn: (_: string, fields?: LogFields) => void problems.push(fields?.['problem']),
  };
  const again = await Gallery.open(directory, { exactSearchLimits: eager, indexThreads: 2, log });
  await indexed(again, 'shop');
  await allFound(again, [...vectors.keys()].slice(0, 20));
  await again.close();
  assert.deepEqual(problems, ['a shard holds what belongs to another']);
});

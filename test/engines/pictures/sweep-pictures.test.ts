import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ItemInput, newReference, pictureFolder } from '../../../src/engine/index.ts';
import { withPictureStore } from '../../../src/engines/index.ts';
import { sweepPictures } from '../../../src/engines/pictures/sweep-pictures.ts';
import { checkCollections, Gallery } from '../../../src/gallery/index.ts';
import { MemoryStore } from './support/memory-store.ts';

const modelId = 'a'.repeat(64);
const itemOf = (id: string, picture: string): ItemInput => {
  const { sha256 } = newReference('shop', 'shop-20260101000000000', Buffer.from(picture));
  return { id, vector: Float32Array.of(1, 2), imageHash: sha256, image: Buffer.from(picture) };
};

test('a sweep counts what is missing and what no item names, and removes only that, and only what is old', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-sweep-'));
  const plain = await Gallery.open(folder);
  const store = new MemoryStore();
  const engine = withPictureStore(plain, store);
  for (const name of ['shop', 'shop-2'])
    await engine.create({ name, modelId, modelName: 'test', dimension: 2, metric: 'cosine' });
  await engine.upsert('shop', modelId, [itemOf('a', 'one'), itemOf('b', 'two'), itemOf('c', 'three')]);
  const info = await engine.info('shop');
  const clean = { name: 'shop', pictures: 3, missing: [], orphans: 0, orphanBytes: 0, removed: 0 };
  assert.deepEqual(await sweepPictures(plain, store), [clean]);

  const orphan = newReference('shop', pictureFolder(info), Buffer.from('interrupted'));
  const about = { sha256: orphan.sha256, mediaType: 'image/png', itemId: 'a' };
  await store.put(orphan.key, Buffer.from('interrupted'), about);
  const object = store.objects.get(orphan.key);
  assert.ok(object);
  const foreign = newReference('shop', 'shop-20200101000000000', Buffer.from('of another'));
  for (const key of [foreign.key, `${pictureFolder(info)}/notes.txt`])
    await store.put(key, Buffer.from('x'), about);
  const [lost = ''] = [...store.objects].filter(([, { about: of }]) => of.itemId === 'b').map(([key]) => key);
  store.objects.delete(lost);
  const found = { ...clean, missing: ['b'], orphans: 1, orphanBytes: 11 };
  object.writtenAt = Number.MAX_SAFE_INTEGER;
  assert.deepEqual(await sweepPictures(plain, store), [{ ...found, orphans: 0, orphanBytes: 0 }]);
  object.writtenAt = 0;
  assert.deepEqual(await sweepPictures(plain, store), [found]);
  assert.deepEqual(await sweepPictures(plain, store, { repair: true }), [{ ...found, removed: 1 }]);
  assert.equal(store.objects.has(orphan.key), false);
  assert.equal(store.objects.size, 4);
  assert.equal(Buffer.from((await engine.image('shop', 'a')).bytes).toString(), 'one');

  // An engine of several nodes may list less than it has.
  const forgetful = new Proxy(plain, {
    get(target, name) {
      if (name === 'list') return async () => ({ items: [], next: null });
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const [unlisted] = await sweepPictures(forgetful, store, { repair: true });
  assert.deepEqual([unlisted?.orphans, store.objects.size], [0, 4]);

  // The file itself is whole: a reference stands for the picture of its item.
  await engine.close();
  assert.equal(store.isClosed, true);
  assert.deepEqual(
    checkCollections(folder).map(({ name, state, findings }) => [name, state, findings]),
    [
      ['shop', 'clean', []],
      ['shop-2', 'clean', []],
    ],
  );
  rmSync(folder, { recursive: true });
});

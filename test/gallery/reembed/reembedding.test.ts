// slow: starts processes
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Item } from '../../../src/engine/index.ts';
import { Gallery } from '../../../src/gallery/index.ts';
import { randomNumbers } from '../../../src/random.ts';
import { eager, indexed, item, modelId, openGallery, settings, temporaryFolder } from '../support/gallery.ts';

const newModel = 'b'.repeat(64);
const replacement = { modelId: newModel, modelName: 'new', dimension: 3 };
/** The new model's vector of an item: made from its metadata, so that a stale one would show. */
const embed = (one: Item): Float32Array => {
  const seed = Number(one.metadata['seed']);
  const random = randomNumbers(seed);
  return Float32Array.of(random(), random(), random());
};

async function fill(gallery: Gallery, limit: number, batches = Number.POSITIVE_INFINITY): Promise<void> {
  for (let batch = 0; batch < batches; batch++) {
    const pending = await gallery.itemsToReembed('shop', limit);
    if (pending.length === 0) return;
    const vectors = pending.map((one) => ({ id: one.id, sequence: one.sequence, vector: embed(one) }));
    await gallery.storeReembedded('shop', vectors.reverse());
  }
}

const withSeed = (i: number, seed: number) => item(`i${i}`, [i + 1, 1], { metadata: { seed } });
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test('a replacement takes up what changes meanwhile, and nothing is unavailable at any time', async (t) => {
  const gallery = await openGallery(t, { exactSearchLimits: eager });
  await gallery.create(settings('shop', 2));
  await gallery.upsert(
    'shop',
    modelId,
    numbers(300).map((i) => withSeed(i, i)),
  );
  await gallery.beginReembedding('shop', replacement);
  await assert.rejects(gallery.beginReembedding('shop', replacement), { code: 'collection-busy' });
  await fill(gallery, 40, 4);
  const stale = (await gallery.itemsToReembed('shop', 1))[0] as Item;
  await gallery.upsert('shop', modelId, [
    withSeed(5, 1005),
    withSeed(500, 500),
    withSeed(Number(stale.id.slice(1)), 9999),
  ]);
  await gallery.delete('shop', ['i6', 'i299']);
  await gallery.storeReembedded('shop', [{ id: stale.id, sequence: stale.sequence, vector: embed(stale) }]);
  await assert.rejects(gallery.commitReembedding('shop'), { code: 'collection-busy' });
  assert.equal((await gallery.info('shop')).reindex?.modelId, newModel);
  assert.equal((await gallery.search('shop', Float32Array.of(1, 1))).hits[0]?.item.id, 'i0');

  await fill(gallery, 40);
  const info = await gallery.commitReembedding('shop');
  assert.deepEqual([info.modelId, info.dimension, info.items, info.reindex], [newModel, 3, 299, undefined]);
  await indexed(gallery, 'shop');
  for (const one of (await gallery.list('shop', { limit: 1000 })).items) {
    assert.deepEqual(await gallery.vector('shop', one.id), embed(one));
    const [best] = (await gallery.search('shop', embed(one), { k: 1 })).hits;
    assert.equal(best?.item.id, one.id);
  }
  await assert.rejects(gallery.upsert('shop', modelId, [withSeed(1, 1)]), { code: 'model-mismatch' });
});

test('new vectors may come in any order', async (t) => {
  const gallery = await openGallery(t, { exactSearchLimits: eager });
  await gallery.create(settings('shop', 2));
  await gallery.upsert(
    'shop',
    modelId,
    numbers(200).map((i) => withSeed(i, i)),
  );
  await gallery.beginReembedding('shop', replacement);
  const pending = await gallery.itemsToReembed('shop', 1000);
  for (const part of [pending.slice(150), pending.slice(0, 20), pending.slice(20, 150)]) {
    const vectors = part.map((one) => ({ id: one.id, sequence: one.sequence, vector: embed(one) }));
    await gallery.storeReembedded('shop', vectors);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  await gallery.commitReembedding('shop');
  await indexed(gallery, 'shop');
  assert.equal((await gallery.info('shop')).index.indexed, 200);
});

test('a restart keeps the old vectors and what was done of the new ones', async (t) => {
  const directory = await temporaryFolder(t);
  const first = await Gallery.open(directory);
  await first.create(settings('shop', 2));
  await first.upsert(
    'shop',
    modelId,
    numbers(100).map((i) => withSeed(i, i)),
  );
  await first.beginReembedding('shop', replacement);
  await fill(first, 30, 2);
  await first.close();

  const gallery = await openGallery(t, { directory });
  const { reindex, ...info } = await gallery.info('shop');
  assert.deepEqual([info.modelId, reindex?.done], [modelId, 60]);
  await gallery.beginReembedding('shop', replacement);
  assert.equal((await gallery.itemsToReembed('shop', 1000)).length, 40);
  await gallery.abortReembedding('shop');
  await assert.rejects(gallery.itemsToReembed('shop', 1), TypeError);
  assert.equal((await gallery.info('shop')).reindex, undefined);
  await gallery.beginReembedding('shop', { ...replacement, metric: 'l2' });
  assert.equal((await gallery.itemsToReembed('shop', 1000)).length, 100);
  await fill(gallery, 1000);
  assert.equal((await gallery.commitReembedding('shop')).metric, 'l2');
});

test('a left-over replacement by another model gives way to a new one', async (t) => {
  const directory = await temporaryFolder(t);
  const first = await Gallery.open(directory);
  await first.create(settings('shop', 2));
  await first.upsert('shop', modelId, [withSeed(0, 0)]);
  await first.beginReembedding('shop', replacement);
  await fill(first, 10);
  await first.close();
  const gallery = await openGallery(t, { directory });
  await gallery.beginReembedding('shop', { ...replacement, modelId: 'c'.repeat(64) });
  assert.equal((await gallery.itemsToReembed('shop', 10)).length, 1);
});

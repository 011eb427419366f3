// slow: starts processes
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gallery } from '../../../src/gallery/index.ts';
import { item, modelId, openGallery, settings, temporaryFolder } from '../support/gallery.ts';

test('items are stored, replaced whole, listed, deleted, and survive a restart', async (t) => {
  const directory = await temporaryFolder(t);
  const first = await Gallery.open(directory);
  await first.create(settings('shop', 2));
  const image = Buffer.from('picture');
  await first.upsert('shop', modelId, [
    item('a/1.jpg', [1, 0], {
      productId: 'a',
      label: 'mug',
      metadata: { price: 3 },
      image,
      imageType: 'image/png',
    }),
    item('b', [0, 1], { thumbnail: Buffer.from('small') }),
    item('c', [1, 1]),
  ]);
  await first.upsert('shop', modelId, [item('c', [-1, 1], { split: 'query' })]);
  assert.equal(await first.delete('shop', ['b', 'nobody']), 1);
  await first.close();

  const second = await openGallery(t, { directory });
  const { items } = await second.list('shop');
  assert.deepEqual(
    items.map(({ id, productId, label, split, sequence }) => ({ id, productId, label, split, sequence })),
    [
      { id: 'a/1.jpg', productId: 'a', label: 'mug', split: null, sequence: 1 },
      { id: 'c', productId: 'c', label: null, split: 'query', sequence: 4 },
    ],
  );
  const stored = await second.image('shop', 'a/1.jpg');
  assert.deepEqual([Buffer.from(stored.bytes).toString(), stored.mediaType], ['picture', 'image/png']);
  assert.deepEqual(await second.vector('shop', 'c'), Float32Array.of(-1, 1));
  await assert.rejects(second.get('shop', 'b'), { code: 'item-not-found' });
  const { items: count, products, sequence } = await second.info('shop');
  assert.deepEqual({ count, products, sequence }, { count: 2, products: 2, sequence: 5 });
});

test("the caller's buffers stay usable", async (t) => {
  const gallery = await openGallery(t);
  await gallery.create(settings('shop', 2));
  const given = item('a', [1, 2], { image: Buffer.from('picture'), imageType: 'image/png' });
  await gallery.upsert('shop', modelId, [given]);
  assert.deepEqual(given.vector, Float32Array.of(1, 2));
  assert.equal(given.image?.length, 7);
});

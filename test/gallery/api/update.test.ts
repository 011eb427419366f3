// slow: opens galleries
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { item, modelId, openGallery, settings, temporaryFolder } from '../support/gallery.ts';

test('an update changes fields and nothing else: vector, picture and sequence number stay, and it lasts', async (t) => {
  const directory = await temporaryFolder(t);
  const gallery = await openGallery(t, { directory });
  await gallery.create(settings('shop', 2));
  const metadata = { price: 5, in: { a: 1, b: 2 }, tags: ['x'] };
  await gallery.upsert('shop', modelId, [
    item('a', [1, 0], { metadata, label: 'hat', productId: 'p' }),
    item('b', [0, 1], { productId: 'p' }),
  ]);
  const before = await gallery.get('shop', 'a');
  const { items, updated, unchanged, widened } = await gallery.update('shop', [
    { id: 'a', metadata: { price: 6, in: { a: null, c: 3 }, tags: null }, productId: 'q', label: null },
    { id: 'b', metadata: {} },
  ]);
  assert.deepEqual([updated, unchanged, widened], [1, 1, []]);
  assert.deepEqual(items[0]?.metadata, { price: 6, in: { b: 2, c: 3 } });
  assert.deepEqual([items[0]?.productId, items[0]?.label], ['q', null]);
  assert.equal(items[0]?.sequence, before.sequence);
  assert.deepEqual(await gallery.vector('shop', 'a'), Float32Array.of(1, 0));
  assert.equal((await gallery.info('shop')).products, 2);
  await gallery.update('shop', [{ id: 'a', productId: null }], {});
  assert.equal((await gallery.get('shop', 'a')).productId, 'a');
  await gallery.update('shop', [{ id: 'a', metadata: { only: null } }], { replaceMetadata: true });
  assert.deepEqual((await gallery.get('shop', 'a')).metadata, { only: null });
  const { hits } = await gallery.search('shop', Float32Array.of(1, 0), { k: 1 });
  assert.equal(hits[0]?.item.id, 'a');
  await gallery.close();
  const again = await openGallery(t, { directory });
  assert.deepEqual((await again.get('shop', 'a')).metadata, { only: null });
});

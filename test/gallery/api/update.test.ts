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

test('of updates that are not accepted none is done', async (t) => {
  const gallery = await openGallery(t);
  await gallery.create(settings('shop', 1));
  await gallery.upsert('shop', modelId, [item('a', [1], { metadata: { n: 1 } })]);
  const good = { id: 'a', metadata: { n: 2 } };
  await assert.rejects(gallery.update('shop', [good, { id: 'none', label: 'x' }]), {
    code: 'item-not-found',
  });
  await assert.rejects(gallery.update('shop', [good, { id: 'a', productId: '' }]), { code: 'item-invalid' });
  await assert.rejects(gallery.update('shop', [good, { id: 'a', metadata: { n: 'x' } }], { strict: true }), {
    code: 'field-type-mismatch',
  });
  assert.deepEqual((await gallery.get('shop', 'a')).metadata, { n: 1 });
  const { widened, items } = await gallery.update('shop', [good, { id: 'a', metadata: { n: 'x' } }]);
  assert.deepEqual(widened, [{ field: 'n', from: 'number' }]);
  assert.deepEqual(items.at(-1)?.metadata, { n: 'x' });
});

test('an upsert counts what is added, replaced and unchanged', async (t) => {
  const gallery = await openGallery(t);
  await gallery.create(settings('shop', 1));
  const image = Uint8Array.of(1, 2);
  const one = item('a', [1], {
    metadata: { x: 1, y: 2 },
    image,
    imageHash: 'b'.repeat(64),
    thumbnail: image,
  });
  const first = await gallery.upsert('shop', modelId, [one, item('b', [1])]);
  assert.deepEqual([first.added, first.replaced, first.unchanged], [2, [], 0]);
  const same = { ...one, metadata: { y: 2, x: 1 } };
  const second = await gallery.upsert('shop', modelId, [same, item('b', [2]), item('c', [1])]);
  assert.deepEqual([second.added, second.replaced, second.unchanged], [1, ['b'], 1]);
  assert.equal(second.items[0]?.sequence, 1);
  for (const change of [
    { thumbnail: Uint8Array.of(9) },
    { label: 'x' },
    { imageHash: 'c'.repeat(64) },
    { image: undefined },
  ]) {
    const { replaced } = await gallery.upsert('shop', modelId, [{ ...one, ...change }]);
    assert.deepEqual(replaced, ['a'], JSON.stringify(change));
  }
});

test('items are deleted by a filter, and ids are listed in pages', async (t) => {
  const gallery = await openGallery(t);
  await gallery.create(settings('shop', 1));
  const items = Array.from({ length: 1500 }, (_, i) =>
    item(`${i % 2 === 0 ? 'a' : 'b'}/${String(i).padStart(4, '0')}`, [i], { productId: `p${i % 3}` }),
  );
  await gallery.upsert('shop', modelId, items);
  const page = await gallery.ids('shop', { prefix: 'b/', limit: 700 });
  assert.deepEqual([page.length, page[0], page[699]], [700, 'b/0001', 'b/1399']);
  assert.equal((await gallery.ids('shop', { prefix: 'b/', after: page.at(-1), limit: 700 })).length, 50);
  assert.equal((await gallery.ids('shop', { prefix: 'a/' })).length, 750);
  assert.equal((await gallery.ids('shop')).length, 1500);
  await assert.rejects(gallery.ids('shop', { limit: 0 }), RangeError);
  assert.equal(await gallery.delete('shop', { field: 'productId', equals: 'p0' }), 500);
  assert.equal(
    (await gallery.list('shop', { filter: { field: 'productId', equals: 'p0' } })).items.length,
    0,
  );
  const { items: left, products } = await gallery.info('shop');
  assert.deepEqual([left, products], [1000, 2]);
});

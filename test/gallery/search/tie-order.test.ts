// slow: opens galleries
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { item, modelId, openGallery, settings } from '../support/gallery.ts';

test('answers of one distance are ordered by fields, over pages; a missing value comes last', async (t) => {
  const gallery = await openGallery(t);
  await gallery.create(settings('shop', 2));
  const prices: readonly (number | undefined)[] = [5, 3, undefined, 9, 3];
  await gallery.upsert('shop', modelId, [
    ...prices.map((price, i) =>
      item(`i${i}`, [1, 0], { metadata: price === undefined ? {} : { 'price.eur': price } }),
    ),
    item('far', [0, 1], { metadata: { 'price.eur': 0 } }),
  ]);
  for (const [order, wanted] of [
    ['asc', ['i1', 'i4', 'i0', 'i3', 'i2', 'far']],
    ['desc', ['i3', 'i0', 'i1', 'i4', 'i2', 'far']],
  ] as const) {
    const sort = [{ field: 'metadata.price.eur', order }];
    const seen: string[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const page = await gallery.search('shop', Float32Array.of(1, 0), { k: 2, sort, after });
      seen.push(...page.hits.map(({ item: { id } }) => id));
      more = page.next !== null;
      after = page.next ?? undefined;
    }
    assert.deepEqual(seen, wanted, order);
  }
  const search = (sort: unknown): Promise<unknown> =>
    gallery.search('shop', Float32Array.of(1, 0), { sort: sort as never });
  await assert.rejects(search([{ field: 'metadata.x', order: 'up' }]), RangeError);
  await assert.rejects(search([{ field: 'price' }]), { code: 'filter-invalid' });
});

test('a search says how many items there are and what grouping hid, and leaves products out', async (t) => {
  const gallery = await openGallery(t);
  await gallery.create(settings('shop', 2));
  const near = [1, 2, 3].map((i) => item(`near${i}`, [1, i / 100], { productId: 'near' }));
  await gallery.upsert('shop', modelId, [...near, item('other', [1, 1], { label: 'x' })]);
  const query = Float32Array.of(1, 0);
  const all = await gallery.search('shop', query);
  assert.deepEqual([all.hits.length, all.total, all.hidden], [2, 4, 2]);
  const items = await gallery.search('shop', query, {
    group: 'item',
    filter: { not: { field: 'label', equals: 'x' } },
  });
  assert.deepEqual([items.hits.length, items.total, items.hidden], [3, 3, 0]);
  const others = await gallery.search('shop', query, { excludeProducts: ['near'] });
  assert.deepEqual(
    others.hits.map(({ item: { id } }) => id),
    ['other'],
  );
});

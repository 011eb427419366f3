// slow: takes several seconds

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hit, ItemInput, SearchAnswer, SearchOptions } from '../../../src/engine/index.ts';
import type { Gallery } from '../../../src/gallery/index.ts';
import { randomNumbers } from '../../../src/random.ts';
import { distanceFrom, type Metric } from '../../../src/vectors/index.ts';
import { eager, indexed, item, modelId, openGallery, settings } from '../support/gallery.ts';

const dimension = 6;
const random = randomNumbers(1);
const randomVector = (): number[] => Array.from({ length: dimension }, () => random() - 0.5);

/** Items with many ties: one in three is a copy of an earlier vector; product `big` has a third of all. */
function makeItems(count: number): ItemInput[] {
  const vectors: number[][] = [];
  for (let i = 0; i < count; i++)
    vectors.push((i % 3 === 2 ? vectors[Math.floor(random() * i)] : undefined) ?? randomVector());
  return vectors.map((vector, i) =>
    item(`item-${Math.floor(random() * 1e9)}-${i}`, vector, {
      productId: i % 3 === 0 ? 'big' : `p${i % 40}`,
      metadata: { price: i % 100 },
    }),
  );
}

/** What the answer must be, from the definition: sort everything by (distance, id), keep the first of each product. */
function expectedOrder(items: readonly ItemInput[], query: Float32Array, metric: Metric, byProduct: boolean) {
  const distance = distanceFrom(query, { metric });
  const order = items
    .map((one) => ({ id: one.id, productId: one.productId ?? one.id, distance: distance(one.vector, 0) }))
    .sort((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1));
  const seen = new Set<string>();
  return order.filter(({ productId }) => !byProduct || (!seen.has(productId) && seen.add(productId)));
}

const idsOf = (hits: readonly Hit[]): string[] => hits.map((hit) => hit.item.id);

async function allPages(
  gallery: Gallery,
  query: Float32Array,
  options: SearchOptions,
): Promise<SearchAnswer[]> {
  const pages = [await gallery.search('shop', query, options)];
  for (let next = pages[0]?.next; next; next = pages.at(-1)?.next)
    pages.push(await gallery.search('shop', query, { ...options, after: next }));
  return pages;
}

for (const metric of ['cosine', 'l2'] as const)
  for (const exactSearchLimits of [undefined, eager])
    test(`answers and pages are the exact order (${metric}, ${exactSearchLimits ? 'HNSW first' : 'exact'})`, async (t) => {
      const gallery = await openGallery(t, { exactSearchLimits });
      await gallery.create(settings('shop', dimension, metric));
      const items = makeItems(600);
      await gallery.upsert('shop', modelId, items);
      await indexed(gallery, 'shop');
      const kinds = new Set<string | undefined>();
      const laterKinds = new Set<string | undefined>();
      for (const group of ['item', 'product', 'item', 'product', 'item', 'item'] as const) {
        const query = Float32Array.from(randomVector());
        const wanted = expectedOrder(items, query, metric, group === 'product');
        const exact = await gallery.search('shop', query, { k: 1000, group, exact: true });
        assert.deepEqual(
          idsOf(exact.hits),
          wanted.map(({ id }) => id),
        );
        assert.equal(exact.next, null);
        const pages = await allPages(gallery, query, { k: 7, group });
        const paged = pages.flatMap((page) => page.hits);
        kinds.add(pages[0]?.searched.kind);
        laterKinds.add(pages[1]?.searched.kind);
        assert.deepEqual(idsOf(paged).sort(), wanted.map(({ id }) => id).sort());
        const distances = new Map(wanted.map((one) => [one.id, one.distance]));
        for (const hit of paged) assert.equal(hit.distance, distances.get(hit.item.id));
        const found = idsOf(pages[0]?.hits ?? []).filter((id) =>
          wanted.slice(0, 7).some((one) => one.id === id),
        );
        assert.ok(found.length >= 6, `the first page has ${found.length} of the 7 nearest`);
      }
      assert.equal(kinds.has('hnsw'), exactSearchLimits !== undefined);
      assert.equal(laterKinds.has('hnsw'), exactSearchLimits !== undefined);
    });

test('filters, exclusions and scores hold on every page, however the search goes', async (t) => {
  const gallery = await openGallery(t, { exactSearchLimits: eager });
  await gallery.create(settings('shop', dimension, 'l2'));
  const items = makeItems(900);
  await gallery.upsert('shop', modelId, items);
  await indexed(gallery, 'shop');
  const query = Float32Array.from(randomVector());
  for (const below of [1, 10, 60]) {
    const matching = items.filter((one) => Number(one.metadata?.['price']) < below);
    const exclude = matching.slice(0, 5).map(({ id }) => id);
    const wanted = expectedOrder(matching, query, 'l2', false).filter(({ id }) => !exclude.includes(id));
    const pages = await allPages(gallery, query, {
      k: 20,
      group: 'item',
      exclude,
      filter: { field: 'metadata.price', lt: below },
    });
    assert.deepEqual(idsOf(pages.flatMap((page) => page.hits)).sort(), wanted.map(({ id }) => id).sort());
  }
  const near = expectedOrder(items, query, 'l2', false).filter((one) => 1 / (1 + one.distance) >= 0.7);
  const pages = await allPages(gallery, query, { k: 9, group: 'item', minScore: 0.7, exact: true });
  assert.deepEqual(
    idsOf(pages.flatMap((page) => page.hits)),
    near.map(({ id }) => id),
  );
});

test('k distinct products are found behind one that has hundreds of nearer pictures', async (t) => {
  const gallery = await openGallery(t, { exactSearchLimits: eager });
  await gallery.create(settings('shop', 2, 'l2'));
  const crowd = Array.from({ length: 700 }, (_, i) =>
    item(`crowd/${i}`, [i / 1e5, 0], { productId: 'crowd' }),
  );
  const others = Array.from({ length: 300 }, (_, i) => item(`other/${i}`, [1 + i, 0]));
  await gallery.upsert('shop', modelId, [...crowd, ...others]);
  await indexed(gallery, 'shop');
  const { hits } = await gallery.search('shop', Float32Array.of(0, 0), { k: 5 });
  assert.deepEqual(idsOf(hits), ['crowd/0', 'other/0', 'other/1', 'other/2', 'other/3']);
});

test('what was deleted or replaced is not found any more, and its room in the index is won back', async (t) => {
  const gallery = await openGallery(t, { exactSearchLimits: eager });
  await gallery.create(settings('shop', dimension));
  const items = makeItems(400);
  await gallery.upsert('shop', modelId, items);
  await indexed(gallery, 'shop');
  const gone = new Set(items.slice(0, 250).map(({ id }) => id));
  await gallery.delete('shop', [...gone]);
  const { hits } = await gallery.search('shop', Float32Array.from(randomVector()), { k: 100, group: 'item' });
  assert.equal(hits.length, 100);
  assert.ok(hits.every((hit) => !gone.has(hit.item.id)));
  for (let share = 1; share > 0.2; ) share = (await gallery.info('shop')).index.deletedShare;
  const moved = items[300] as ItemInput;
  await gallery.upsert('shop', modelId, [{ ...moved, vector: Float32Array.of(9, 0, 0, 0, 0, 0) }]);
  const [best] = (await gallery.search('shop', Float32Array.of(1, 0, 0, 0, 0, 0))).hits;
  assert.deepEqual([best?.item.id, best?.distance], [moved.id, 0]);
});

test('a request out of range is refused before any work', async (t) => {
  const gallery = await openGallery(t);
  await gallery.create(settings('shop', 2));
  await gallery.upsert('shop', modelId, [item('a', [1, 0]), item('b', [0, 1])]);
  const query = Float32Array.of(1, 0);
  const search = (options: SearchOptions, vector = query) => gallery.search('shop', vector, options);
  for (const k of [0, 1001, 1e9, 1.5, Number.NaN]) await assert.rejects(search({ k }), RangeError);
  await assert.rejects(search({ ef: 0 }), RangeError);
  await assert.rejects(search({ minScore: Number.NaN }), RangeError);
  await assert.rejects(search({}, Float32Array.of(1)), { code: 'dimension-mismatch' });
  await assert.rejects(search({}, Float32Array.of(1, Number.NaN)), { code: 'vector-invalid' });
  await assert.rejects(search({ after: 'nonsense' }), { code: 'cursor-invalid' });
  const { next } = await search({ k: 1 });
  assert.ok(next);
  await assert.rejects(search({ k: 1, after: next }, Float32Array.of(0, 1)), { code: 'cursor-invalid' });
  await assert.rejects(search({ k: 1, after: next, group: 'item' }), { code: 'cursor-invalid' });
  await assert.rejects(search({ filter: { field: 'price', equals: 1 } }), { code: 'filter-invalid' });
  await assert.rejects(search({ exclude: ['../x'] }), { code: 'id-invalid' });
  const controller = new AbortController();
  const aborted = search({ signal: controller.signal });
  controller.abort(new Error('the client has gone'));
  await assert.rejects(aborted, /the client has gone/);
  assert.equal((await search({})).hits.length, 2);
});

// slow: fills indexes and restores a snapshot in a process

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CollectionSettings, Hit, ItemInput, SearchOptions } from '../../../src/engine/index.ts';
import { randomNumbers } from '../../../src/random.ts';
import { distanceFrom } from '../../../src/vectors/index.ts';
import { eager, indexed, item, modelId, openGallery, settings, temporaryFolder } from '../support/gallery.ts';

const dimension = 8;
const metricOptions = { a: 1, b: 0.7, P: 0.4 };
const choices: readonly Pick<CollectionSettings, 'metric' | 'metricOptions'>[] = [
  { metric: 'weak' },
  { metric: 'weak-metric', metricOptions },
];

const random = randomNumbers(3);
function softmax(spread: number): number[] {
  const powers = Array.from({ length: dimension }, () => Math.exp(spread * 4 * (random() - 0.5)));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

const makeItems = (count: number): ItemInput[] =>
  Array.from({ length: count }, (_, i) =>
    item(`item-${i}`, softmax(1 + (i % 7)), { productId: `p${i % 90}`, metadata: { price: i % 10 } }),
  );
const others = { ...settings('other', dimension), name: 'shop' };

for (const choice of choices)
  test(`${choice.metric}: pages, filters, products and thresholds are those of the definition, by index and by scan`, async (t) => {
    const gallery = await openGallery(t, { exactSearchLimits: eager });
    const made = await gallery.create({ ...others, ...choice });
    assert.deepEqual(
      [made.metric, made.metricOptions, made.isMetric],
      [choice.metric, choice.metricOptions, choice.metric === 'weak-metric'],
    );
    const items = makeItems(900);
    await gallery.upsert('shop', modelId, items);
    await indexed(gallery, 'shop');
    const query = Float32Array.from(softmax(4));
    const distance = distanceFrom(query, choice);
    const ranked = items
      .map((one) => ({ ...one, distance: distance(one.vector, 0) }))
      .sort((a, b) => a.distance - b.distance);
    const found = async (options: SearchOptions): Promise<Hit[]> => {
      const hits: Hit[] = [];
      for (let after: string | undefined; ; ) {
        const answer = await gallery.search('shop', query, { ...options, after });
        hits.push(...answer.hits);
        if (hits.length >= 60 || answer.next === null) return hits;
        after = answer.next;
      }
    };
    const expect = (hits: readonly Hit[], wanted: readonly (ItemInput & { distance: number })[]): void => {
      assert.deepEqual(
        hits.map((hit) => [hit.item.id, hit.distance, hit.score]),
        wanted.slice(0, hits.length).map((one) => [one.id, one.distance, 1 / (1 + one.distance)]),
      );
    };
    const first = await gallery.search('shop', query, { k: 5, group: 'item' });
    assert.equal(first.searched.kind, 'hnsw');
    assert.deepEqual(
      [first.searched.metric, first.searched.metricOptions],
      [choice.metric, choice.metricOptions],
    );
    for (const exact of [false, true]) {
      expect(await found({ k: 5, group: 'item', exact }), ranked);
      const filter = { field: 'metadata.price', lt: 4 };
      const cheap = ranked.filter(({ metadata }) => Number(metadata?.['price']) < 4);
      expect(await found({ k: 15, group: 'item', exact, filter }), cheap);
      const products = new Map([...ranked].reverse().map((one) => [one.productId, one]));
      const best = ranked.filter((one) => products.get(one.productId) === one);
      expect(await found({ k: 25, exact }), best);
      const border = ranked[5]?.distance ?? 0;
      const near = await found({ k: 20, group: 'item', exact, minScore: 1 / (1 + border) });
      assert.equal(near.length, 6);
    }
  });

test('vectors that are no probabilities are refused when stored and when searched; others of the length go in', async (t) => {
  const gallery = await openGallery(t);
  await gallery.create({ ...others, metric: 'weak' });
  const feature = item('a', [1, 2, 3, 4, 5, 6, 7, 8]);
  const refused = { code: 'vector-invalid', message: /metric weak compares softmax vectors/ };
  await assert.rejects(gallery.upsert('shop', modelId, [feature]), refused);
  await assert.rejects(gallery.search('shop', feature.vector), refused);
  assert.equal((await gallery.info('shop')).items, 0);
  const hot = item('hot', [1, 0, 0, 0, 0, 0, 0, 0]);
  await gallery.upsert('shop', modelId, [hot, item('cold', [0, 1, 0, 0, 0, 0, 0, 0])]);
  // What would be infinitely far is far, and still an answer.
  const { hits } = await gallery.search('shop', hot.vector);
  assert.deepEqual(
    hits.map(({ item, distance }) => [item.id, Math.round(distance)]),
    [
      ['hot', 0],
      ['cold', 207],
    ],
  );
});

test('the numbers of a metric are kept: by another opening, a snapshot, a re-index; others are refused', async (t) => {
  const directory = await temporaryFolder(t);
  const wanted = { ...others, metric: 'weak-metric', metricOptions: { P: 0.4 } } as const;
  const stored = { a: 1, b: 0.8, P: 0.4 };
  {
    await using gallery = await openGallery(t, { directory });
    assert.deepEqual((await gallery.create(wanted)).metricOptions, stored);
    await gallery.upsert('shop', modelId, makeItems(3));
  }
  const gallery = await openGallery(t, { directory });
  const info = await gallery.info('shop');
  assert.deepEqual([info.metricOptions, info.isMetric], [stored, true]);
  // Memory is filled meanwhile.
  const again = await gallery.create({ ...wanted, metricOptions: stored });
  assert.deepEqual({ ...again, memory: undefined }, { ...info, memory: undefined });
  await assert.rejects(gallery.create({ ...wanted, metricOptions: { P: 0.3 } }), {
    code: 'collection-exists',
    message: /metricOptions/,
  });
  await assert.rejects(gallery.create({ ...wanted, name: 'bad', metricOptions: { b: 2 } }), RangeError);
  const path = join(directory, 'shop.snapshot');
  await gallery.snapshot('shop', path);
  assert.deepEqual((await gallery.restore('copy', path)).metricOptions, stored);
  const next = { modelId: 'b'.repeat(64), modelName: 'next', dimension: 2 };
  await gallery.beginReembedding('shop', next);
  assert.deepEqual((await gallery.info('shop')).reindex?.metricOptions, stored);
  const pending = await gallery.itemsToReembed('shop', 10);
  const vectorOf = (...vector: number[]) =>
    pending.map(({ id, sequence }) => ({ id, sequence, vector: Float32Array.from(vector) }));
  await assert.rejects(gallery.storeReembedded('shop', vectorOf(3, 4)), { code: 'vector-invalid' });
  await gallery.storeReembedded('shop', vectorOf(0.5, 0.5));
  assert.deepEqual((await gallery.commitReembedding('shop')).metricOptions, stored);
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { randomNumbers } from '../../../src/random.ts';
import { Retriever, type RetrieverSearchOptions } from '../../../src/retrieval/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-judged-'));
const dimension = 12;
const products = 60;
const views = 6;
const metrics = ['cosine', 'l2'] as const;
let retriever: Retriever;

const random = randomNumbers(5);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const near = (centre: ArrayLike<number>, spread: number): Float32Array =>
  Float32Array.from(centre, (x) => x + spread * normal());
const centres = Array.from({ length: 2 * products }, () => near(new Float32Array(dimension), 1));
const centreOf = (product: number): Float32Array => centres[product] as Float32Array;
const kindOf = (product: number): string => (product % 2 === 0 ? 'even' : 'odd');

before(async () => {
  retriever = await Retriever.open(folder);
  const items = Array.from({ length: products * views }, (_, i) => ({
    id: String(i),
    productId: `p${i % products}`,
    label: kindOf(i % products),
    metadata: { view: Math.floor(i / products) },
    vector: near(centreOf(i % products), 0.35),
    imageHash: '',
  }));
  for (const metric of metrics) {
    const { modelId } = await retriever.createCollection(metric, {
      metric,
      vectorsOf: { name: 'drawn', dimension },
    });
    await retriever.gallery.upsert(metric, modelId, items);
    await retriever.calibrate(metric);
  }
});
after(async () => {
  await retriever.close();
  rmSync(folder, { recursive: true, force: true });
});

const search = (vector: Float32Array, options: RetrieverSearchOptions, collection = 'cosine') =>
  retriever.search(collection, { vector }, options);

for (const metric of metrics)
  test(`${metric}: of what is not there few are answered, by any way to search, and what is there is found`, async () => {
    const rate = 0.1;
    const ways: RetrieverSearchOptions[] = [
      {},
      { exact: true },
      { group: 'item', k: 3 },
      { k: 1 },
      { filter: { field: 'label', equals: 'odd' }, facets: { fields: [{ field: 'label' }] } },
    ];
    for (const way of ways) {
      let answered = 0;
      let found = 0;
      for (let product = 0; product < products; product += 1) {
        const stranger = near(centreOf(products + product), 0.35);
        const { hits, noMatch, next } = await search(stranger, { ...way, maxFalseMatch: rate }, metric);
        assert.deepEqual(
          [hits.length === 0, next === null || hits.length > 0],
          [noMatch !== undefined, true],
        );
        answered += Number(hits.length > 0);
        const known = await search(near(centreOf(product), 0.35), { ...way, maxFalseMatch: rate }, metric);
        found += Number(known.hits[0]?.item.productId === `p${product}`);
      }
      const share = answered / products;
      // Three standard errors of 60 searches, and of the 60 products that the promise rests on.
      const bound = rate + 3 * Math.sqrt((2 * rate * (1 - rate)) / products);
      assert.ok(share <= bound, `${share} of ${JSON.stringify(way)}`);
      assert.ok(found >= (way.filter === undefined ? 50 : 22), `${found} of ${JSON.stringify(way)}`);
    }
  });

test('a later page that has nothing certain enough is no search without a match', async () => {
  const query = near(centreOf(3), 0.1);
  const asked = { k: 1, maxFalseMatch: 0.1 };
  const first = await search(query, asked);
  assert.equal(first.hits[0]?.item.productId, 'p3');
  assert.equal(first.noMatch, undefined);
  const { next } = await search(query, { k: 1 });
  const second = await search(query, { ...asked, after: next ?? '' });
  assert.deepEqual([second.hits, second.next, second.noMatch], [[], null, undefined]);
});

test('where nothing passes the conditions, that is the reason', async () => {
  const query = near(centreOf(3), 0.1);
  const none = { field: 'label', equals: 'none' };
  for (const conditions of [{ filter: none }, { minScore: 1.5 }]) {
    const { noMatch } = await search(query, { ...conditions, maxFalseMatch: 0.1 });
    assert.deepEqual(noMatch, { reason: 'nothing-found' });
  }
});

test('a rate out of range is misuse, whether or not the collection is calibrated', async () => {
  await retriever.createCollection('bare', { vectorsOf: { name: 'drawn', dimension } });
  for (const collection of ['cosine', 'bare'])
    for (const maxFalseMatch of [0, -1, 0.51, 1, Number.NaN, Number.POSITIVE_INFINITY])
      await assert.rejects(search(centreOf(0), { maxFalseMatch }, collection), RangeError);
  await assert.rejects(search(centreOf(0), { maxFalseMatch: 1e-9 }), { code: 'too-few-pairs' });
  await assert.rejects(search(centreOf(0), { maxFalseMatch: 1e-9 }, 'bare'), { code: 'not-calibrated' });
});

test('several pictures, and other orders than the usual, are refused with a rate, and have no confidence', async () => {
  const several = { parts: [{ itemId: '1' }, { itemId: '2' }] };
  await assert.rejects(retriever.search('cosine', several, { maxFalseMatch: 0.1 }), {
    code: 'query-invalid',
  });
  const { hits } = await retriever.search('cosine', several);
  assert.ok(hits.length > 0 && hits.every(({ confidence }) => confidence === undefined));
  for (const order of [{ expand: { n: 3 } }, { rerank: {} }, { views: 'mean' }] as const)
    await assert.rejects(search(centreOf(0), { ...order, maxFalseMatch: 0.1 }), { code: 'query-invalid' });
});

test('of a collection that has grown so much that no rank is left nothing is answered, and the report says so in JSON', async () => {
  const { modelId } = await retriever.createCollection('grown', { vectorsOf: { name: 'drawn', dimension } });
  const itemsOf = (from: number, to: number, productOf: (i: number) => string) =>
    Array.from({ length: to - from }, (_, i) => ({
      id: String(from + i),
      productId: productOf(from + i),
      vector: near(centreOf((from + i) % 3), 0.3),
      imageHash: '',
    }));
  await retriever.gallery.upsert(
    'grown',
    modelId,
    itemsOf(0, 60, (i) => `p${i % 3}`),
  );
  await retriever.calibrate('grown');
  await retriever.gallery.upsert(
    'grown',
    modelId,
    itemsOf(60, 119, (i) => `new ${i}`),
  );
  const { hits, noMatch, calibration } = await search(centreOf(0), { maxFalseMatch: 0.2 }, 'grown');
  assert.deepEqual([hits, noMatch?.reason, calibration?.isDue], [[], 'uncertain', true]);
  const report = await retriever.calibrationReport('grown');
  assert.ok(report !== undefined && report.thresholds.length > 0);
  assert.ok(report.thresholds.every(({ strength }) => strength === null));
});

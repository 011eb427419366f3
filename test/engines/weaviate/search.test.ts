import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ItemClass } from '../../../src/engines/weaviate/item-class.ts';
import { WeaviateEngine } from '../../../src/engines/weaviate/weaviate-engine.ts';
import { SnapshelfError } from '../../../src/errors.ts';
import { FakeCluster } from './support/fake-cluster.ts';

const modelId = 'a'.repeat(64);

/** A unit vector at an angle. */
const at = (degrees: number): Float32Array =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));

async function shop(angles: readonly number[], productOf: (index: number) => string = (i) => `p${i}`) {
  const fake = new FakeCluster();
  const engine = new WeaviateEngine(fake.cluster, false);
  await engine.prepare();
  await engine.create({ name: 'shop', modelId, modelName: 'm', dimension: 2, metric: 'cosine' });
  const items = angles.map((angle, i) => ({
    id: `item-${String(i).padStart(3, '0')}`,
    productId: productOf(i),
    vector: at(angle),
    imageHash: '',
  }));
  await engine.upsert('shop', modelId, items);
  return { fake, engine };
}

test('candidates come in the order of the true distances, not in that of the index', async () => {
  // All but equal to the index; each is a hundredth of a degree further than the one before, from the last id to the first.
  const { engine } = await shop(Array.from({ length: 30 }, (_, i) => (30 - i) / 100));
  const { hits } = await engine.search('shop', at(0), { k: 30, group: 'item' });
  assert.deepEqual(
    hits.map(({ item }) => item.id),
    Array.from({ length: 30 }, (_, i) => `item-${String(29 - i).padStart(3, '0')}`),
  );
  for (const [i, { distance }] of hits.entries())
    assert.ok(Math.abs(distance - (1 - Math.cos(((i + 1) / 100) * (Math.PI / 180)))) < 1e-7);
});

test('of more equal distances than a window holds the first come by id', async () => {
  const { engine } = await shop(Array.from({ length: 100 }, () => 5));
  const { hits } = await engine.search('shop', at(3), { k: 10, group: 'item' });
  assert.deepEqual(
    hits.map(({ item }) => item.id),
    Array.from({ length: 10 }, (_, i) => `item-00${i}`),
  );
});

test('pages neither repeat nor skip, and each product comes once', async () => {
  const { engine } = await shop(
    Array.from({ length: 240 }, (_, i) => 10 * (i % 36)),
    (i) => `p${i % 60}`,
  );
  const seen: string[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const page = await engine.search('shop', at(3), { k: 7, ...(after !== undefined && { after }) });
    seen.push(...page.hits.map(({ item }) => item.productId));
    after = page.next;
  }
  assert.equal(new Set(seen).size, seen.length);
  assert.equal(seen.length, 60);
});

test('a query or a write by another model is refused', async () => {
  const { engine } = await shop([0]);
  const refused = (error: unknown) => error instanceof SnapshelfError && error.code === 'model-mismatch';
  await assert.rejects(engine.search('shop', at(0), { modelId: 'b'.repeat(64) }), refused);
  await assert.rejects(engine.upsert('shop', 'b'.repeat(64), []), refused);
});

test('the products of a large collection are estimated from 500 items, whatever their sizes', async () => {
  // 2,000 items by themselves, 1,000 in threes and 1,000 in tens: 2,433 products.
  const productOf = (i: number): string =>
    i < 2000 ? `single-${i}` : i < 3000 ? `three-${Math.floor(i / 3)}` : `ten-${Math.floor(i / 10)}`;
  const { fake, engine } = await shop([0], productOf);
  const angles = Array.from({ length: 4000 }, (_, i) => i);
  await engine.upsert(
    'shop',
    modelId,
    angles.map((i) => ({ id: `item-${i}`, productId: productOf(i), vector: at(i), imageHash: '' })),
  );
  const name = [...fake.classesByName.keys()].find((one) => fake.objects(one).size > 3000) ?? '';
  const items = new ItemClass(fake.cluster, { className: name, dimension: 2, metric: 'cosine' });
  const before = fake.counted;
  const estimated = await items.estimatedProducts(4001);
  assert.ok(Math.abs(estimated - 2435) < 243, `${estimated} products`);
  assert.ok(fake.counted - before <= 500);
});

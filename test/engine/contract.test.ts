import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Engine, ItemInput, SearchOptions } from '../../src/engine/index.ts';
import { randomNumbers } from '../../src/random.ts';
import type { Metric } from '../../src/vectors/index.ts';
import { engines } from './support/engines.ts';
import { expectedOrder } from './support/oracle.ts';

const modelId = 'a'.repeat(64);
const dimension = 6;

/** Items with many ties: one in three is a copy of an earlier vector; the product `big` has a third of all. */
function makeItems(count: number, random: () => number): ItemInput[] {
  const vectors: Float32Array[] = [];
  for (let i = 0; i < count; i++) {
    const copied = i % 3 === 2 ? vectors[Math.floor(random() * i)] : undefined;
    vectors.push(copied ?? Float32Array.from({ length: dimension }, () => random() - 0.5));
  }
  return vectors.map((vector, i) => ({
    id: `item-${Math.floor(random() * 1e9)}-${i}`,
    vector,
    imageHash: '',
    productId: i % 3 === 0 ? 'big' : `p${i % 40}`,
    label: i % 2 === 0 ? 'even' : 'odd',
    metadata: { price: i % 100, tags: [`t${i % 7}`, 'all'], ...(i % 5 === 0 && { rare: true }) },
  }));
}

/** Reads all pages of a search. */
async function allPages(engine: Engine, name: string, query: Float32Array, options: SearchOptions) {
  const pages = [await engine.search(name, query, options)];
  for (let next = pages[0]?.next; next; next = pages.at(-1)?.next)
    pages.push(await engine.search(name, query, { ...options, after: next }));
  return pages;
}

for (const { name: engineName, capabilities, missing, open } of engines)
  describe(engineName, { skip: missing ?? false }, () => {
    const random = randomNumbers(1);
    const query = (): Float32Array => Float32Array.from({ length: dimension }, () => random() - 0.5);
    const create = (name: string, metric: Metric = 'cosine') =>
      engine.create({ name, modelId, modelName: 'test', dimension, metric });
    let engine: Engine;
    let close: () => Promise<void>;
    before(async () => {
      ({ engine, close } = await open());
    });
    after(() => close());

    test('it declares what the table says', () => {
      assert.deepEqual(engine.capabilities, capabilities);
    });

    test('pages of a search neither repeat nor skip, in the order of the definition', async () => {
      for (const metric of ['cosine', 'l2'] as const) {
        if (!engine.metrics.includes(metric)) continue;
        await create(metric, metric);
        const items = makeItems(200, random);
        await engine.upsert(metric, modelId, items);
        for (const group of ['item', 'product'] as const) {
          const vector = query();
          const pages = await allPages(engine, metric, vector, { k: 7, group });
          const hits = pages.flatMap((page) => page.hits);
          const wanted = expectedOrder(items, vector, metric, { group });
          assert.deepEqual(hits.map(({ item }) => item.id).sort(), wanted.map(({ id }) => id).sort());
        }
      }
    });
  });

// slow: writes for seconds
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ItemInput } from '../../../src/engine/index.ts';
import { eager, item, modelId, openGallery, settings } from '../support/gallery.ts';

const id = fc.constantFrom('a', 'b', 'c/1', 'd', 'é', '😀', '\uffff');
const input: fc.Arbitrary<ItemInput> = fc
  .tuple(id, fc.constantFrom(undefined, 'p', 'q'), fc.integer({ min: -9, max: 9 }))
  .map(([name, productId, x]) => item(name, [x, 1], { productId, metadata: { x } }));
type Step = { readonly upsert: readonly ItemInput[] } | { readonly delete: readonly string[] };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ upsert: fc.array(input, { maxLength: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ delete: fc.array(id, { maxLength: 3 }) }) },
);

test('any run of upserts and deletions leaves what a plain map would hold', async (t) => {
  const gallery = await openGallery(t, { exactSearchLimits: eager });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const name = `run-${run++}`;
      await gallery.create(settings(name, 2, 'l2'));
      const model = new Map<string, ItemInput>();
      for (const one of steps)
        if ('upsert' in one) {
          await gallery.upsert(name, modelId, one.upsert);
          for (const each of one.upsert) model.set(each.id, each);
        } else {
          const existing = new Set(one.delete.filter((each) => model.has(each)));
          assert.equal(await gallery.delete(name, one.delete), existing.size);
          for (const each of existing) model.delete(each);
        }
      const { items, products } = await gallery.info(name);
      const wanted = [...model.values()];
      assert.equal(items, model.size);
      assert.equal(products, new Set(wanted.map((each) => each.productId ?? each.id)).size);
      const { hits } = await gallery.search(name, Float32Array.of(0, 0), { group: 'item', k: 100 });
      assert.deepEqual(
        hits.map((hit) => [hit.item.id, hit.item.metadata['x']]).sort(),
        wanted.map((each) => [each.id, each.metadata?.['x']]).sort(),
      );
      await gallery.drop(name);
    }),
    { numRuns: 40, seed: 3 },
  );
});

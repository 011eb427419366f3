import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Engine, ItemInput } from '../../../src/engine/index.ts';
import { Gallery } from '../../../src/gallery/index.ts';
import { migrateCollection } from '../../../src/retrieval/index.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const modelId = 'a'.repeat(64);
const items: ItemInput[] = Array.from({ length: 450 }, (_, at) => ({
  id: `i${at}`,
  productId: `p${at % 7}`,
  vector: Float32Array.of(Math.cos(at), Math.sin(at), at / 3),
  imageHash: at % 10 === 0 ? 'b'.repeat(64) : '',
  metadata: { at },
  ...(at % 2 === 0 && { label: 'even', split: 'query' as const }),
  ...(at % 10 === 0 && { image: Buffer.from(`picture ${at}`), thumbnail: Buffer.from('small') }),
}));
const first = items[0] as ItemInput;

/** Two engines, of which the first has the items. */
async function twoEngines(t: TestContext, stored: readonly ItemInput[]) {
  const folder = temporaryFolder(t);
  const from: Engine = await Gallery.open(join(folder, 'from'));
  const to: Engine = await Gallery.open(join(folder, 'to'));
  t.after(async () => {
    await from.close();
    await to.close();
  });
  await from.create({ name: 'shop', modelId, modelName: 'test', dimension: 3, metric: 'l2' });
  await from.upsert('shop', modelId, stored);
  return { from, to };
}

/** An engine with some of its calls done otherwise. */
const changed = (engine: Engine, calls: Partial<Engine>): Engine =>
  new Proxy(engine, {
    get(target, key) {
      const value: unknown = Reflect.get(calls, key) ?? Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

test('a migration brings everything, goes on where it was interrupted, and moves nothing twice', async (t) => {
  const { from, to } = await twoEngines(t, items);
  await from.setDocument('shop', 'note', 'a word');
  const stop = new AbortController();
  const gone = new Error('interrupted');
  const onProgress = (): void => stop.abort(gone);
  await assert.rejects(migrateCollection(from, to, 'shop', { onProgress, signal: stop.signal }), gone);
  const none = { count: 0, first: [] };
  const verified = { items: 450, compared: 20, sameAnswers: 1 };
  const report = await migrateCollection(from, to, 'shop');
  assert.deepEqual(report, { written: 250, replaced: none, unchanged: 200, ...verified });
  assert.equal(await to.document('shop', 'note'), 'a word');
  assert.equal(String(Buffer.from((await to.image('shop', 'i50')).bytes)), 'picture 50');
  assert.equal(String(Buffer.from((await to.thumbnail('shop', 'i50')).bytes)), 'small');
  let pictures = 0;
  const counting = changed(from, {
    image(name, id) {
      pictures += 1;
      return from.image(name, id);
    },
  });
  const again = await migrateCollection(counting, to, 'shop');
  assert.deepEqual(again, { written: 0, replaced: none, unchanged: 450, ...verified });
  // Those that are compared: a migration that goes on needs none of the others.
  assert.ok(pictures <= 20, String(pictures));
});

test('an item that differs there is replaced and named', async (t) => {
  const { from, to } = await twoEngines(t, items.slice(0, 5));
  await migrateCollection(from, to, 'shop');
  const [, label, metadata, vector] = items as [ItemInput, ItemInput, ItemInput, ItemInput];
  await to.update('shop', [
    { id: label.id, label: 'odd' },
    { id: metadata.id, metadata: { at: -1 } },
  ]);
  await to.upsert('shop', modelId, [{ ...vector, vector: Float32Array.of(1, 2, 3) }]);
  const { written, replaced } = await migrateCollection(from, to, 'shop');
  assert.deepEqual([written, replaced], [3, { count: 3, first: ['i1', 'i2', 'i3'] }]);
  assert.deepEqual(await to.vector('shop', 'i3'), vector.vector);
});

test('a collection that holds something else is left as it is', async (t) => {
  const { from, to } = await twoEngines(t, items);
  await to.create({ name: 'shop', modelId, modelName: 'test', dimension: 3, metric: 'l2' });
  await to.upsert('shop', modelId, [{ ...first, id: 'stranger' }]);
  await assert.rejects(migrateCollection(from, to, 'shop'), {
    code: 'collection-exists',
    message: /"stranger".*Nothing was written\.$/,
  });
  assert.deepEqual(await to.ids('shop'), ['stranger']);
});

test('the verification finds what the other engine has not kept as it was', async (t) => {
  const { from, to } = await twoEngines(
    t,
    Array.from({ length: 20 }, (_, at) => ({
      ...first,
      id: `i${at}`,
      vector: Float32Array.of(at, 1, 2),
      image: Buffer.from(`picture ${at}`),
    })),
  );
  const damages: Record<string, (item: ItemInput) => ItemInput[]> = {
    '"i7" differs': (item) => [{ ...item, label: 'another' }],
    'the vector of "i7" differs': (item) => [{ ...item, vector: Float32Array.of(7, 1, 2.0000002) }],
    'the image of "i7" differs': (item) => [{ ...item, image: Buffer.from('another') }],
    'the thumbnail of "i7" differs': (item) => [{ ...item, thumbnail: Buffer.from('another') }],
    '19 of 20 items are there': () => [],
    '"more" is there, and was not': (item) => [item, { ...item, id: 'more' }],
  };
  for (const [message, damage] of Object.entries(damages)) {
    const forgetful = changed(to, {
      upsert: (name, model, given, options) =>
        to.upsert(
          name,
          model,
          given.flatMap((item) => (item.id === 'i7' ? damage(item) : [item])),
          options,
        ),
    });
    await assert.rejects(migrateCollection(from, forgetful, 'shop'), {
      code: 'collection-busy',
      message: new RegExp(message),
    });
    await to.drop('shop');
  }
});

test('ids that an earlier release stored in another spelling are the same item', async (t) => {
  const { from, to } = await twoEngines(t, [{ ...first, id: 'caf\u00e9' }, items[1] as ItemInput]);
  const old = 'cafe\u0301';
  const spelled = <T extends { readonly id: string }>(item: T): T =>
    item.id.startsWith('caf') ? { ...item, id: old, productId: old } : item;
  const earlier = changed(from, {
    async list(name, options) {
      const page = await from.list(name, options);
      return { ...page, items: page.items.map(spelled) };
    },
    get: async (name, id) => spelled(await from.get(name, id)),
    ids: async (name, options) =>
      (await from.ids(name, options)).map((id) => (id.startsWith('caf') ? old : id)),
  });
  const { written } = await migrateCollection(earlier, to, 'shop');
  assert.equal(written, 2);
  const { unchanged } = await migrateCollection(earlier, to, 'shop');
  assert.equal(unchanged, 2);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newClassName, registryClass, uuidOf } from '../../../src/engines/weaviate/names.ts';
import { WeaviateEngine } from '../../../src/engines/weaviate/weaviate-engine.ts';
import { SnapshelfError } from '../../../src/errors.ts';
import { FakeCluster, justNow } from './support/fake-cluster.ts';

const modelId = 'a'.repeat(64);
const longAgo = 0;

const item = (id: string, picture = 1, thumbnail = 1) => ({
  id,
  vector: Float32Array.of(1, 0),
  imageHash: '',
  image: new Uint8Array(picture * 200_000).fill(7),
  thumbnail: new Uint8Array(thumbnail * 100).fill(8),
});

async function shop() {
  const fake = new FakeCluster();
  const engine = new WeaviateEngine(fake.cluster, false);
  await engine.prepare();
  await engine.create({ name: 'a_b-c', modelId, modelName: 'm', dimension: 2, metric: 'cosine' });
  const classOf = (what: 'className' | 'pictureClass'): string => {
    const [record] = [...fake.objects(registryClass).values()];
    return JSON.parse(String(record?.properties['record']))[what];
  };
  const pictures = () => fake.objects(classOf('pictureClass'));
  /** Puts a part as a write that was interrupted leaves it. */
  const leave = (id: string, part = 0, writtenAt = longAgo) =>
    pictures().set(uuidOf('picture', id, 5, part), {
      properties: { bytes: '', sha256: '', of: JSON.stringify(['picture', id, 5, part]) },
      writtenAt,
    });
  const age = () => {
    for (const one of pictures().values()) one.writtenAt = longAgo;
  };
  return { fake, engine, pictures, leave, age, classOf };
}

test('parts that no item names go when they are an hour old; those of items stay, to the last byte', async () => {
  const { engine, pictures, leave, age } = await shop();
  await engine.upsert('a_b-c', modelId, [item('one', 2), item('two')]);
  await engine.upsert('a_b-c', modelId, [item('one', 3)]);
  age();
  const stored = [...pictures().keys()];
  assert.equal(stored.length, 6);
  for (const [id, part] of [['one', 0] as const, ['gone', 0] as const, ['gone', 1] as const]) leave(id, part);
  leave('young', 0, justNow);
  const found = { name: 'a_b-c', parts: 10, orphans: 3, unknown: 0 };
  assert.deepEqual(await engine.leftovers(), { stores: [], collections: [found] });
  assert.equal(pictures().size, 10);
  assert.deepEqual((await engine.leftovers({ remove: true })).collections, [found]);
  assert.deepEqual([...pictures().keys()].sort(), [...stored, uuidOf('picture', 'young', 5, 0)].sort());
  assert.deepEqual((await engine.image('a_b-c', 'one')).bytes, item('one', 3).image);
});

test('parts that do not say whose they are stay, and the next write gives their class the property', async () => {
  const { fake, engine, pictures, age, classOf } = await shop();
  await engine.upsert('a_b-c', modelId, [item('one')]);
  for (const one of pictures().values()) delete one.properties['of'];
  pictures().set(uuidOf('picture', 'liar', 5, 0), {
    properties: { of: JSON.stringify(['picture', 'another', 5, 0]) },
    writtenAt: 0,
  });
  age();
  fake.classesByName.get(classOf('pictureClass'))?.properties.delete('of');
  const again = new WeaviateEngine(fake.cluster, false);
  assert.deepEqual((await again.leftovers({ remove: true })).collections, [
    { name: 'a_b-c', parts: 3, orphans: 0, unknown: 3 },
  ]);
  await again.upsert('a_b-c', modelId, [item('two')]);
  assert.deepEqual((await again.leftovers()).collections, [
    { name: 'a_b-c', parts: 5, orphans: 0, unknown: 3 },
  ]);
});

test('an item that cannot be read keeps its pictures', async () => {
  const { fake, engine, pictures, age, classOf } = await shop();
  await engine.upsert('a_b-c', modelId, [item('one')]);
  age();
  for (const one of fake.objects(classOf('className')).values()) one.properties['item'] = '{';
  assert.equal((await engine.leftovers({ remove: true })).collections[0]?.orphans, 0);
  assert.equal(pictures().size, 2);
});

test('classes that the record of their collection does not name are dropped, others stay', async () => {
  const { fake, engine } = await shop();
  const stale = [newClassName('a_b-c'), newClassName('dropped')].sort();
  const before = [...fake.classesByName.keys()];
  for (const name of [...stale, 'Snapshelf_people', 'Another_vaaaaaaaaaaaa'])
    fake.classesByName.set(name, { properties: new Set(), objects: new Map() });
  assert.deepEqual((await engine.leftovers()).stores, stale);
  await engine.leftovers({ remove: true, minAgeMs: 0 });
  assert.deepEqual([...fake.classesByName.keys()], [...before, 'Snapshelf_people', 'Another_vaaaaaaaaaaaa']);
});

test('a change of the model amid the sweep costs no picture', async () => {
  const { fake, engine, pictures, age, classOf } = await shop();
  await engine.upsert('a_b-c', modelId, [item('one')]);
  age();
  const first = classOf('className');
  fake.beforeRead = async (className) => {
    if (className !== first) return;
    fake.beforeRead = async () => {};
    await engine.beginReembedding('a_b-c', { modelId: 'b'.repeat(64), modelName: 'n', dimension: 2 });
    const [missing] = await engine.itemsToReembed('a_b-c', 10);
    const sequence = missing?.sequence ?? 0;
    await engine.storeReembedded('a_b-c', [{ id: 'one', sequence, vector: Float32Array.of(0, 1) }]);
    await engine.commitReembedding('a_b-c');
  };
  assert.deepEqual((await engine.leftovers({ remove: true })).collections, [
    { name: 'a_b-c', parts: 2, orphans: 0, unknown: 0 },
  ]);
  assert.notEqual(classOf('className'), first);
  assert.equal(pictures().size, 2);
});

test('nothing is removed where one replica decides, or for who may only read', async () => {
  const { fake } = await shop();
  const refused = (code: string) => (error: unknown) =>
    error instanceof SnapshelfError && error.code === code;
  await assert.rejects(
    new WeaviateEngine(fake.cluster, true).leftovers({ remove: true }),
    refused('read-only'),
  );
  fake.address.consistency = 'ONE';
  await assert.rejects(
    new WeaviateEngine(fake.cluster, false).leftovers({ remove: true }),
    refused('engine-cannot'),
  );
});

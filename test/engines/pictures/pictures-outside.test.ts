import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  decodeReference,
  type Engine,
  encodeReference,
  type ItemInput,
  leaseLost,
  newReference,
  pictureStoreDocument,
  refuseUndeclared,
} from '../../../src/engine/index.ts';
import { withPictureStore } from '../../../src/engines/index.ts';
import { Gallery } from '../../../src/gallery/index.ts';
import { MemoryStore } from './support/memory-store.ts';

const modelId = 'a'.repeat(64);
const settings = (name: string) =>
  ({ name, modelId, modelName: 'test', dimension: 2, metric: 'cosine' }) as const;
const itemOf = (id: string, picture?: string, more: Partial<ItemInput> = {}): ItemInput => ({
  id,
  vector: Float32Array.of(1, 2),
  imageHash: picture === undefined ? '' : createHash('sha256').update(picture).digest('hex'),
  ...(picture !== undefined && { image: Buffer.from(picture), imageType: 'image/png' }),
  ...more,
});

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-pictures-'));
let plain: Gallery;
let store: MemoryStore;
let engine: Engine;
let without: Engine;

before(async () => {
  plain = await Gallery.open(folder);
  store = new MemoryStore();
  engine = refuseUndeclared(withPictureStore(plain, store));
  without = refuseUndeclared(withPictureStore(plain, undefined));
});

after(async () => {
  await plain.close();
  rmSync(folder, { recursive: true });
});

const upsert = (name: string, ...items: ItemInput[]) => engine.upsert(name, modelId, items);
const textOf = async (name: string, id: string): Promise<string> =>
  Buffer.from((await engine.image(name, id)).bytes).toString();
const keysOf = (name: string): string[] =>
  [...store.objects.keys()].filter((key) => key.startsWith(`${name}-`));

test('a picture goes into the store, and the engine keeps a reference that says which it is', async () => {
  await engine.create(settings('kept'));
  await upsert('kept', itemOf('a', 'one'), itemOf('b'));
  const [key = ''] = keysOf('kept');
  assert.equal(keysOf('kept').length, 1);
  assert.deepEqual(store.objects.get(key)?.about.itemId, 'a');
  assert.equal(decodeReference((await plain.image('kept', 'a')).bytes)?.key, key);
  assert.equal(await textOf('kept', 'a'), 'one');
  const { hasImage, imageHash } = await engine.get('kept', 'a');
  assert.deepEqual([hasImage, imageHash], [true, itemOf('a', 'one').imageHash]);
  const picture = await engine.picture('kept', 'a');
  assert.deepEqual([picture.byteLength, picture.parts, picture.mediaType], [3, 1, 'image/png']);
  const parts = [];
  for await (const part of engine.pictureParts('kept', picture)) parts.push(Buffer.from(part));
  assert.equal(Buffer.concat(parts).toString(), 'one');
  await assert.rejects(engine.image('kept', 'b'), { code: 'image-not-stored' });
  await assert.rejects(engine.snapshot('kept', 'nowhere'), { code: 'engine-cannot' });
});

test('a large picture is handed out in parts', async () => {
  await engine.create(settings('large'));
  const large = 'x'.repeat(600_000);
  await upsert('large', itemOf('a', large));
  const sizes = [];
  for await (const part of engine.pictureParts('large', await engine.picture('large', 'a')))
    sizes.push(part.length);
  assert.deepEqual(sizes, [262_144, 262_144, 75_712]);
});

test('what is replaced, deleted or dropped goes from the store too, and what is there just so is not written twice', async () => {
  await engine.create(settings('gone'));
  await upsert('gone', itemOf('a', 'one'), itemOf('b', 'one'), itemOf('c', 'three'), itemOf('d', 'four'));
  const first = keysOf('gone');
  assert.equal(first.length, 4);
  const { unchanged } = await upsert('gone', itemOf('a', 'one'), itemOf('c', 'three'));
  assert.deepEqual([unchanged, keysOf('gone')], [2, first]);
  await upsert('gone', itemOf('a', 'another'));
  assert.equal(await textOf('gone', 'a'), 'another');
  assert.equal(await textOf('gone', 'b'), 'one');
  assert.equal(keysOf('gone').length, 4);
  await upsert('gone', itemOf('d'));
  assert.equal(keysOf('gone').length, 3);
  await engine.update('gone', [{ id: 'a', label: 'cups' }]);
  assert.equal(await textOf('gone', 'a'), 'another');
  assert.equal(await engine.delete('gone', ['b', 'nothing']), 1);
  assert.equal(keysOf('gone').length, 2);
  assert.equal(await engine.delete('gone', { field: 'label', equals: 'cups' }), 1);
  assert.deepEqual([keysOf('gone').length, await textOf('gone', 'c')], [1, 'three']);
  await engine.drop('gone');
  assert.deepEqual(keysOf('gone'), []);
});

test('a write that the engine refuses, and one while the store is away, leave nothing', async () => {
  await engine.create(settings('refused'));
  await assert.rejects(upsert('refused', itemOf('a', 'one'), itemOf('/no', 'two')), { code: 'id-invalid' });
  await assert.rejects(engine.upsert('refused', 'b'.repeat(64), [itemOf('a', 'one')]), {
    code: 'model-mismatch',
  });
  const late = new Proxy(plain, {
    get(target, key) {
      if (key === 'upsert') return () => Promise.reject(leaseLost('a part of an import'));
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  await assert.rejects(withPictureStore(late, store).upsert('refused', modelId, [itemOf('a', 'one')]), {
    code: 'lease-lost',
  });
  assert.deepEqual(keysOf('refused'), []);
  store.isAway = true;
  await assert.rejects(upsert('refused', itemOf('a', 'one')), { code: 'picture-store-unavailable' });
  store.isAway = false;
  assert.equal((await engine.info('refused')).items, 0);
  const reference = encodeReference(newReference('refused', 'refused-20260101000000000', Buffer.from('x')));
  await assert.rejects(upsert('refused', { ...itemOf('a', 'one'), image: reference }), {
    code: 'item-invalid',
  });
});

test('a picture that was lost or changed is damaged, never another one, and comes back by being sent again', async () => {
  await engine.create(settings('lost'));
  await upsert('lost', itemOf('a', 'one'));
  const [key = ''] = keysOf('lost');
  const object = store.objects.get(key);
  assert.ok(object);
  store.objects.set(key, { ...object, bytes: Buffer.from('two') });
  await assert.rejects(engine.image('lost', 'a'), { code: 'item-damaged', message: /not what was stored/ });
  store.objects.delete(key);
  await assert.rejects(engine.image('lost', 'a'), {
    code: 'item-damaged',
    message: /missing in .*s3:\/\/memory/,
  });
  assert.equal((await upsert('lost', itemOf('a', 'one'))).unchanged, 1);
  assert.deepEqual([await textOf('lost', 'a'), keysOf('lost')], ['one', [key]]);
});

test('a reference that came from elsewhere reads nothing', async () => {
  await engine.create(settings('foreign'));
  const [key = ''] = keysOf('kept');
  const reference = encodeReference({
    ...newReference('kept', 'kept-20260101000000000', Buffer.from('one')),
    key,
  });
  await plain.upsert('foreign', modelId, [{ ...itemOf('a', 'one'), image: reference }]);
  await assert.rejects(engine.image('foreign', 'a'), { code: 'item-damaged' });
});

test('pictures that were in the engine before stay readable; new ones go into the store', async () => {
  await plain.create(settings('mixed'));
  await plain.upsert('mixed', modelId, [itemOf('a', 'one')]);
  await upsert('mixed', itemOf('b', 'two'));
  assert.deepEqual([await textOf('mixed', 'a'), await textOf('mixed', 'b')], ['one', 'two']);
  assert.equal(keysOf('mixed').length, 1);
});

test('without its store a collection is searched, and neither written to nor are its pictures read', async () => {
  const refused = {
    code: 'picture-store-unavailable',
    message: /kept in|keeps its pictures in s3:\/\/memory/,
  };
  assert.equal((await without.search('kept', Float32Array.of(1, 2))).hits.length, 2);
  assert.equal((await without.info('kept')).documents?.[pictureStoreDocument] !== undefined, true);
  for (const call of [
    () => without.image('kept', 'a'),
    () => without.picture('kept', 'a'),
    () => without.upsert('kept', modelId, [itemOf('c')]),
    () => without.delete('kept', ['a']),
    () => without.drop('kept'),
  ])
    await assert.rejects(call, refused);
  await assert.rejects(without.snapshot('kept', 'nowhere'), {
    code: 'engine-cannot',
    message: /s3:\/\/memory/,
  });
  const other = withPictureStore(plain, Object.assign(new MemoryStore(), { url: 's3://other' }));
  await assert.rejects(other.upsert('kept', modelId, [itemOf('c', 'x')]), refused);
});

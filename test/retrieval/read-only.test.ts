// slow: starts processes
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import { type ImportSample, Retriever } from '../../src/retrieval/index.ts';
import { stripes, writeStripedFolders } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-read-only-'));
const data = join(folder, 'data');
const model = join(folder, 'tiny.onnx');
const other = join(folder, 'other.onnx');
const snapshot = join(folder, 'shop.snapshot');
let reader: Retriever;
let picture: Buffer;
let samples: ImportSample[];

before(async () => {
  await writeTinyModel(model);
  await writeTinyModel(other, { seed: 2 });
  picture = await stripes(10, 5);
  const paths = await writeStripedFolders(join(folder, 'photos'), 1, 2);
  samples = paths.map((path, i) => ({ id: `${i}`, path, label: 'x', productId: 'x' }));
  await using writer = await Retriever.open(data, { model });
  await writer.createCollection('shop');
  await writer.add('shop', [{ id: 'one', image: picture }]);
  await writer.gallery.snapshot('shop', snapshot);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Every file of the data folder with its size, but for what SQLite keeps beside a database while it is open. */
const files = (): string[] =>
  readdirSync(data, { recursive: true })
    .map(String)
    .filter((name) => !/-(shm|wal)$/.test(name))
    .map((name) => `${name} ${statSync(join(data, name)).size}`)
    .sort();

const settings = { modelId: 'a'.repeat(64), modelName: 'x', dimension: 32 };

/** Every write of a retriever and its gallery; "shop" is there and "new" is not. */
const writes: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['createCollection', () => reader.createCollection('new')],
  ['createCollection with another model', () => reader.createCollection('new', { model: other })],
  ['createCollection of one that is there', () => reader.createCollection('shop')],
  ['add', () => reader.add('shop', [{ id: 'two', image: picture }])],
  ['add of nothing', () => reader.add('shop', [])],
  ['add of what is no picture', () => reader.add('shop', [{ id: 'two', image: Buffer.from('x') }])],
  ['add to nowhere', () => reader.add('new', [{ id: 'two', image: picture }])],
  ['importSamples', () => reader.importSamples('shop', samples)],
  ['importSamples of nothing', () => reader.importSamples('shop', [])],
  ['reindex', () => reader.reindex('shop', other)],
  ['reindex to the same model', () => reader.reindex('shop', model)],
  ['reindex of nothing', () => reader.reindex('new', other)],
  ['gallery.create', () => reader.gallery.create({ name: 'new', ...settings, metric: 'l2' })],
  ['gallery.drop', () => reader.gallery.drop('shop')],
  ['gallery.delete', () => reader.gallery.delete('shop', ['one'])],
  ['gallery.delete of nothing', () => reader.gallery.delete('shop', [])],
  ['gallery.upsert', () => reader.gallery.upsert('shop', 'a'.repeat(64), [])],
  ['gallery.restore', () => reader.gallery.restore('new', snapshot)],
  ['gallery.restore over', () => reader.gallery.restore('shop', snapshot)],
  ['gallery.beginReembedding', () => reader.gallery.beginReembedding('shop', settings)],
  ['gallery.itemsToReembed', () => reader.gallery.itemsToReembed('shop', 1)],
  ['gallery.storeReembedded', () => reader.gallery.storeReembedded('shop', [])],
  ['gallery.commitReembedding', () => reader.gallery.commitReembedding('shop')],
  ['gallery.abortReembedding', () => reader.gallery.abortReembedding('shop')],
];

test('every write of a retriever that was opened to read is refused before it leaves a trace', async () => {
  reader = await Retriever.open(data, { model, readOnly: true });
  assert.equal(reader.readOnly, true);
  const before = files();
  for (const [name, write] of writes) {
    const isReadOnly = (error: unknown) => error instanceof SnapshelfError && error.code === 'read-only';
    await assert.rejects(write(), isReadOnly, name);
    assert.deepEqual(files(), before, name);
  }
  assert.deepEqual(reader.embedders(), [], 'no model was started for it');
  const { hits } = await reader.search('shop', { image: picture });
  assert.equal(hits[0]?.item.id, 'one');
  await reader.close();
  assert.deepEqual(files(), before);
});

test('the same writes are not refused for that where the folder was opened to write', async () => {
  reader = await Retriever.open(data, { model });
  assert.equal(reader.readOnly, false);
  for (const [name, write] of writes) {
    const error: unknown = await write().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(!(error instanceof SnapshelfError && error.code === 'read-only'), name);
  }
  await reader.close();
});

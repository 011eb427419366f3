// slow: starts processes
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sha256 } from '../../src/files/index.ts';
import { type CheckOptions, checkCollections } from '../../src/gallery/index.ts';
import { Retriever } from '../../src/retrieval/index.ts';
import { repositoryRoot } from '../support/repository.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-places-'));
const model = join(folder, 'tiny.onnx');
const path = join(repositoryRoot, 'test', 'fixtures', 'places', 'a.jpg');
const sent = new Uint8Array(readFileSync(path));
before(() => writeTinyModel(model));
after(() => rmSync(folder, { recursive: true, force: true }));

async function withRetriever(keepGps: boolean, run: (retriever: Retriever) => Promise<void>): Promise<void> {
  await using retriever = await Retriever.open(join(folder, 'data'), { model, keepGps });
  await retriever.createCollection('shop');
  await run(retriever);
}

const change = async (retriever: Retriever): Promise<string | undefined> => {
  const [result] = await retriever.add('shop', [{ id: 'one', image: sent }]);
  return result?.ok === true ? result.change : undefined;
};

const isWithPlaces = async ({ gallery }: Retriever, name = 'shop'): Promise<boolean> =>
  Buffer.from((await gallery.image(name, 'one')).bytes).includes('GPSLatitude');

test('places are not stored; the picture that was sent tells what is unchanged', async () => {
  const samples = [{ id: 'one', path }];
  await withRetriever(false, async (retriever) => {
    assert.equal(await change(retriever), 'added');
    assert.equal(await isWithPlaces(retriever), false);
    const item = await retriever.gallery.get('shop', 'one');
    const { bytes } = await retriever.gallery.image('shop', 'one');
    assert.equal(item.sentHash, sha256(sent));
    assert.equal(item.imageHash, sha256(bytes));
    assert.notEqual(item.imageHash, item.sentHash);
    assert.equal(await change(retriever), 'unchanged');
    assert.equal((await retriever.importSamples('shop', samples)).unchanged, 1);
    const snapshot = join(folder, 'shop.snapshot');
    await retriever.gallery.snapshot('shop', snapshot);
    await retriever.gallery.restore('copy', snapshot);
    assert.deepEqual(await retriever.gallery.get('copy', 'one'), item);
  });
  // With the other setting other bytes would be stored.
  await withRetriever(true, async (retriever) => {
    assert.equal((await retriever.importSamples('shop', samples)).replaced.count, 1);
    assert.equal(await isWithPlaces(retriever), true);
    const item = await retriever.gallery.get('shop', 'one');
    assert.deepEqual([item.imageHash, item.sentHash], [sha256(sent), sha256(sent)]);
  });
  await withRetriever(false, async (retriever) => {
    assert.equal((await retriever.importSamples('shop', samples)).replaced.count, 1);
    assert.equal(await isWithPlaces(retriever), false);
  });
});

test('places that were stored once are removed by a restore and by a repair, which say how many', async () => {
  const snapshot = join(folder, 'with-places.snapshot');
  await withRetriever(true, async (retriever) => {
    await change(retriever);
    assert.equal(await isWithPlaces(retriever), true);
    await retriever.gallery.snapshot('shop', snapshot);
    const { placesRemoved, items } = await retriever.gallery.restore('removed', snapshot);
    assert.deepEqual([placesRemoved, items], [1, 1]);
    const { placesRemoved: none } = await retriever.gallery.restore('kept', snapshot, { keepGps: true });
    assert.equal(none, 0);
    assert.equal(await isWithPlaces(retriever, 'removed'), false);
    assert.equal(await isWithPlaces(retriever, 'kept'), true);
    const { imageHash, sentHash } = await retriever.gallery.get('removed', 'one');
    const { bytes } = await retriever.gallery.image('removed', 'one');
    assert.deepEqual([imageHash, sentHash], [sha256(bytes), sha256(sent)]);
  });
  const data = join(folder, 'data');
  const told = (options: CheckOptions) =>
    checkCollections(data, options)
      .filter(({ name }) => name !== 'copy')
      .map(({ name, state, findings }) => [name, state, findings.map(({ what }) => what)]);
  const kept = [
    ['kept', 'clean', []],
    ['removed', 'clean', []],
    ['shop', 'clean', []],
  ];
  const found = kept.map(([name, state]) => [name, state, name === 'removed' ? [] : ['place']]);
  assert.deepEqual(told({ keepGps: true, repair: true }), kept);
  assert.deepEqual(told({}), found);
  assert.deepEqual(
    told({ repair: true }).map(([, state]) => state),
    ['repaired', 'clean', 'repaired'],
  );
  assert.deepEqual(told({}), kept);
  await withRetriever(false, async (retriever) => {
    assert.equal(await isWithPlaces(retriever), false);
    assert.equal(await change(retriever), 'unchanged');
    assert.equal((await retriever.gallery.list('shop')).items[0]?.sentHash, sha256(sent));
  });
});

// slow: starts processes
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SnapshelfError } from '../../../src/errors.ts';
import { DataFolder } from '../../../src/gallery/worker/data-folder.ts';
import { OpenCollections } from '../../../src/gallery/worker/open-collections.ts';
import { silentLogger } from '../../../src/log.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-idle-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const modelId = 'a'.repeat(64);
const settings = (name: string) =>
  ({ name, modelId, modelName: 'm', dimension: 2, metric: 'cosine' }) as const;

function openFolder(name: string, openCollections: number, readOnly = false): DataFolder {
  const directory = join(folder, name);
  const exactSearchLimits = { numbers: 1e6, matches: 1e6, share: 1 } as never;
  const limits = { maxCollections: 12, openCollections, exactSearchLimits };
  return new DataFolder({ directory, readOnly, createIfMissing: true, log: silentLogger, ...limits });
}

/** Runs work to its end. */
function all<T>(work: Generator<unknown, T>): T {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

const names = Array.from({ length: 12 }, (_, i) => `shop-${String(i).padStart(2, '0')}`);

test('collections that are not used are closed for others, and are there when they are asked for', () => {
  const data = openFolder('data', 3);
  for (const [i, name] of names.entries()) {
    data.create(settings(name));
    const vector = Float32Array.of(1, i);
    data.collection(name).upsert(modelId, [{ id: `item-${i}`, vector, imageHash: '' }]);
  }
  const infos = all(data.collections());
  assert.deepEqual(
    infos.map(({ name, items }) => [name, items]),
    names.map((name) => [name, 1]),
  );
  for (const [i, name] of names.entries()) {
    assert.deepEqual([...data.collection(name).items.vector(`item-${i}`)], [1, i]);
    const vector = Float32Array.of(2, i);
    data.collection(name).upsert(modelId, [{ id: 'another', vector, imageHash: '' }]);
  }
  assert.deepEqual(
    all(data.collections()).map(({ items }) => items),
    names.map(() => 2),
  );
  const last = data.collection(names.at(-1) as string);
  all(last.search(Float32Array.of(1, 0), { k: 1, exact: true }));
  const taking = all(data.collections()).filter(({ memory }) => (memory?.vectors ?? 0) > 0);
  assert.deepEqual(
    taking.map(({ name }) => name),
    names.slice(-1),
    'one has been searched',
  );
  data.drop(names[0] as string);
  assert.equal(all(data.collections()).length, 11);
  const reader = openFolder('data', 2, true);
  assert.deepEqual(
    all(reader.collections()).map(({ items }) => items),
    names.slice(1).map(() => 2),
  );
  reader.close();
  data.close();
});

test('no more than so many are open, those that were used last', () => {
  const exactSearchLimits = { numbers: 1e6, matches: 1e6, share: 1 } as never;
  const options = { log: silentLogger, readOnly: false, openCollections: 3, exactSearchLimits };
  const data = openFolder('some', 12);
  for (const name of names.slice(0, 6)) data.create(settings(name));
  data.close();
  const collections = new OpenCollections(join(folder, 'some', 'collections'), options);
  collections.refresh();
  for (const name of names.slice(0, 6)) {
    assert.equal(collections.get(name)?.info().name, name);
    assert.ok([...collections.values()].length <= 3, name);
  }
  const open = [...collections.values()].map((collection) => collection.info().name);
  assert.deepEqual(open, names.slice(3, 6));
  collections.close();
});

test('one more than there may be is refused', () => {
  const data = openFolder('full', 2);
  for (const name of names) data.create(settings(name));
  data.create(settings('shop-00'));
  assert.throws(
    () => data.create(settings('one-more')),
    (error) => error instanceof SnapshelfError && error.code === 'too-many-collections',
  );
  data.drop('shop-05');
  data.create(settings('one-more'));
  data.close();
});

test('a search that is under way keeps its collection open', () => {
  const data = openFolder('busy', 1);
  data.create(settings('first'));
  const first = data.collection('first');
  first.upsert(modelId, [{ id: 'mug', vector: Float32Array.of(1, 0), imageHash: '' }]);
  const search = first.during(first.search(Float32Array.of(1, 0), { k: 1 }));
  const begun = search.next();
  data.create(settings('second'));
  data.create(settings('third'));
  const answer = begun.done ? begun : search.next();
  assert.equal(data.collection('first').info().items, 1);
  assert.ok(answer.done !== true || answer.value.hits.length === 1);
  data.close();
});

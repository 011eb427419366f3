// slow: starts processes
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import { combineVectors } from '../../src/retrieval/combine-vectors.ts';
import { type ImportSample, type QueryPart, Retriever } from '../../src/retrieval/index.ts';
import { stripes, writeStripedFolders } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-retrieval-'));
const data = join(folder, 'data');
const model = join(folder, 'tiny.onnx');
const other = join(folder, 'other.onnx');
let retriever: Retriever;
let samples: ImportSample[];

before(async () => {
  await writeTinyModel(model);
  await writeTinyModel(other, { seed: 2 });
  const paths = await writeStripedFolders(join(folder, 'photos'), 5, 4);
  samples = paths.map((path) => {
    const id = path.slice(join(folder, 'photos').length + 1);
    return { id, path, label: id.split('/')[0] ?? '', productId: id.split('/')[0] ?? '' };
  });
  retriever = await Retriever.open(data, { model });
  await retriever.createCollection('shop');
});
after(async () => {
  await retriever.close();
  rmSync(folder, { recursive: true, force: true });
});

const withCode = (code: string) => (error: unknown) => error instanceof SnapshelfError && error.code === code;

test('an import adds, then skips what is unchanged, then takes what changed', async () => {
  const seen: number[] = [];
  const first = await retriever.importSamples('shop', samples, {
    batch: 3,
    onProgress: ({ done }) => seen.push(done),
  });
  assert.deepEqual([first.added, first.unchanged, first.failed.length], [20, 0, 0]);
  assert.deepEqual([seen, seen.at(-1)], [seen.toSorted((a, b) => a - b), 20]);
  const second = await retriever.importSamples('shop', samples);
  assert.deepEqual([second.added, second.unchanged], [0, 20]);
  const changed = samples.map((sample, i) => (i === 7 ? { ...sample, metadata: { price: 5 } } : sample));
  const third = await retriever.importSamples('shop', changed);
  assert.deepEqual([third.added, third.updated.count, third.unchanged], [0, 1, 19]);
});

test('an import that is stopped keeps what it wrote and goes on later', async () => {
  await retriever.createCollection('stopped');
  const stop = new AbortController();
  const onProgress = ({ done }: { done: number }): void => {
    if (done >= 8) stop.abort();
  };
  const stopped = retriever.importSamples('stopped', samples, { batch: 4, signal: stop.signal, onProgress });
  await assert.rejects(stopped, { name: 'AbortError' });
  const { items } = await retriever.gallery.info('stopped');
  assert.ok(items > 0 && items < 20, `${items}`);
  const rest = await retriever.importSamples('stopped', samples);
  assert.deepEqual([rest.added, rest.unchanged], [20 - items, items]);
});

test('bad pictures are reported and the rest goes in', async () => {
  const bad = join(folder, 'bad.jpg');
  writeFileSync(bad, 'text');
  const missing = { id: 'missing', path: join(folder, 'none.jpg'), label: 'x', productId: 'x' };
  const report = await retriever.importSamples('shop', [
    { ...missing, id: 'bad', path: bad },
    missing,
    ...samples.slice(0, 2),
  ]);
  const failures = report.failed.map(({ id, error }) => [id, error.code]);
  assert.deepEqual(failures, [
    ['bad', 'image-unsupported'],
    ['missing', 'source-invalid'],
  ]);
  const results = await retriever.add('shop', [
    { id: 'a', image: await stripes(10, 5) },
    { id: 'b', image: Buffer.from('x') },
    { id: 'c', image: await stripes(99, 9) },
  ]);
  const outcome = results.map((result) => [result.id, result.ok && result.item.id]);
  assert.deepEqual(outcome, [
    ['a', 'a'],
    ['b', false],
    ['c', 'c'],
  ]);
  await retriever.gallery.delete('shop', ['a', 'c']);
});

test('a picture, an item and a vector find the same product; an item leaves its own out', async () => {
  const image = await stripes(72 * 3 + 1, 4 + 9, 97);
  const byImage = await retriever.search('shop', { image }, { k: 3 });
  assert.equal(byImage.hits[0]?.item.productId, 'label-3');
  assert.ok((byImage.hits[0]?.distance ?? 1) < 1e-5);
  assert.ok(byImage.timings.inferenceMs > 0);
  const byItem = await retriever.search('shop', { itemId: 'label-3/1.jpg' }, { k: 50, group: 'item' });
  assert.deepEqual(
    [byItem.hits.length, byItem.hits.some(({ item }) => item.productId === 'label-3')],
    [16, false],
  );
  const own = { itemId: 'label-3/1.jpg', ownProduct: true };
  const withOwn = await retriever.search('shop', own, { k: 50, group: 'item' });
  assert.deepEqual(
    [withOwn.hits.length, withOwn.hits.some(({ item }) => item.id === own.itemId)],
    [19, false],
  );
  const { vector, model: embeddedBy } = await retriever.embed(image, { collection: 'shop' });
  assert.equal(embeddedBy.id, byImage.model.id);
  const byVector = await retriever.search('shop', { vector }, { k: 3 });
  assert.deepEqual(byVector.hits, byImage.hits);
});

test('several parts with weights are one query: the combined vector, without the items and their products', async () => {
  const image = await stripes(72 * 3 + 1, 4 + 9, 97);
  const vectors = [
    (await retriever.embed(image, { collection: 'shop' })).vector,
    await retriever.gallery.vector('shop', 'label-1/0.jpg'),
    await retriever.gallery.vector('shop', 'label-0/1.jpg'),
  ];
  const weights = [1, 0.5, -0.25];
  const vector = combineVectors(
    vectors.map((one, i) => ({ vector: one, weight: weights[i] })),
    { metric: 'cosine' },
  );
  const parts: QueryPart[] = [
    { image },
    { itemId: 'label-1/0.jpg', weight: 0.5 },
    { itemId: 'label-0/1.jpg', weight: -0.25 },
  ];
  const options = { k: 50, group: 'item', exact: true } as const;
  const all = await retriever.search('shop', { vector }, options);
  const own = await retriever.search('shop', { parts, ownProduct: true }, options);
  const left = (gone: (item: { id: string; productId: string }) => boolean) =>
    all.hits.filter(({ item }) => !gone(item)).map(({ item }) => item.id);
  const ids = ({ hits }: typeof all): string[] => hits.map(({ item }) => item.id);
  assert.deepEqual(
    ids(own),
    left(({ id }) => id === 'label-1/0.jpg' || id === 'label-0/1.jpg'),
  );
  assert.deepEqual(
    ids(await retriever.search('shop', { parts }, options)),
    left(({ productId }) => productId === 'label-1' || productId === 'label-0'),
  );
  assert.ok(own.timings.inferenceMs > 0);
  const bad = retriever.search('shop', { parts: [{ image }, { vector }, { image: Buffer.from('x') }] });
  await assert.rejects(bad, (error: SnapshelfError) => {
    assert.deepEqual([error.code, error.details['picture']], ['image-unsupported', 2]);
    return error.message.startsWith('Picture 2 of the query: ');
  });
  const cancelled = retriever.search('shop', { parts: [{ image }, { image, weight: -1 }] });
  await assert.rejects(cancelled, withCode('query-invalid'));
  await assert.rejects(retriever.search('shop', { parts: [] }), RangeError);
});

test('two pictures are compared as a search would score them, and by their bytes', async () => {
  const image = await stripes(72 * 3 + 1, 4 + 9, 97);
  const other = await stripes(10, 5);
  const same = await retriever.compare({ image }, { image: Buffer.from(image) });
  assert.ok(same.identical && same.score > 1 - 1e-6, `${same.score}`);
  const [one, two] = [image, other].map((picture) => retriever.embed(picture, { collection: 'shop' }));
  const a = (await one)?.vector ?? new Float32Array();
  const b = (await two)?.vector ?? new Float32Array();
  const dot = a.reduce((sum, value, d) => sum + value * (b[d] ?? 0), 0);
  const cosine = dot / Math.hypot(...a) / Math.hypot(...b);
  const different = await retriever.compare({ image }, { image: other }, { collection: 'shop' });
  assert.ok(!different.identical && Math.abs(different.score - cosine) < 1e-6);
  const l2 = await retriever.compare({ image }, { image: other }, { metric: 'l2' });
  const gap = Math.hypot(...a.map((value, d) => value - (b[d] ?? 0)));
  assert.ok(Math.abs(l2.distance - gap) < 1e-4 * gap, `${l2.distance} ${gap}`);
});

test('duplicates of an item: nearly the same vector, told apart from the same bytes', async () => {
  const image = await stripes(72 * 3 + 1, 4 + 9, 97);
  await retriever.add('shop', [
    { id: 'copy/1', image },
    { id: 'copy/2', image },
  ]);
  const near = await retriever.duplicates('shop', 'copy/1');
  assert.equal(near.duplicates[0]?.item.id, 'copy/2');
  assert.ok(near.duplicates[0].identical && near.duplicates[0].score >= near.threshold);
  assert.ok(near.duplicates.every(({ score }) => score >= near.threshold));
  const one = await retriever.duplicates('shop', 'copy/1', { threshold: 0.1, limit: 1 });
  assert.deepEqual([one.duplicates.length, one.more], [1, true]);
  await assert.rejects(retriever.duplicates('shop', 'none'), withCode('item-not-found'));
  await assert.rejects(retriever.duplicates('shop', 'copy/1', { threshold: 2 }), RangeError);
  await retriever.gallery.delete('shop', ['copy/1', 'copy/2']);
});

test('a collection keeps its model: another one is refused with the command that switches over', async () => {
  await assert.rejects(
    retriever.createCollection('shop', { model: other }),
    (error: Error) => withCode('model-mismatch')(error) && error.message.includes('Re-index'),
  );
  await assert.rejects(retriever.createCollection('shop', { metric: 'l2' }), withCode('collection-exists'));
});

test('re-indexing switches to another model while searches go on', async () => {
  const before = await retriever.gallery.info('shop');
  let searches = 0;
  let running = true;
  const image = await stripes(72, 7);
  const searching = (async () => {
    while (running) {
      const { hits } = await retriever.search('shop', { image }, { k: 1 });
      assert.equal(hits[0]?.item.productId, 'label-1');
      searches += 1;
    }
  })();
  const done: number[] = [];
  const switched = await retriever.reindex('shop', other, {
    onProgress: (progress) => done.push(progress.done),
  });
  running = false;
  await searching;
  assert.ok(searches > 0);
  assert.notEqual(switched.modelId, before.modelId);
  assert.equal(switched.items, before.items);
  assert.equal(done.at(-1), before.items);
  const after = await retriever.search('shop', { image: await stripes(72 * 2, 10) }, { k: 1 });
  assert.deepEqual([after.hits[0]?.item.productId, after.model.id], ['label-2', switched.modelId]);
});

test('a re-index that is stopped leaves the old vectors, and another call takes up what was done', async () => {
  await retriever.createCollection('halfway');
  await retriever.importSamples('halfway', samples);
  const { modelId } = await retriever.gallery.info('halfway');
  const image = await stripes(72, 7);
  const embed = async () => (await retriever.embed(image, { collection: 'halfway' })).model.id;
  assert.equal(await embed(), modelId);
  const stop = new AbortController();
  const stopped = retriever.reindex('halfway', other, {
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  await assert.rejects(retriever.reindex('halfway', other), withCode('collection-busy'));
  await assert.rejects(stopped, { name: 'AbortError' });
  const { modelId: kept, reindex } = await retriever.gallery.info('halfway');
  assert.deepEqual([kept, reindex?.done], [modelId, 20]);
  const { modelId: switched } = await retriever.reindex('halfway', other);
  assert.notEqual(switched, modelId);
  assert.equal(await embed(), switched);
});

test('items that are deleted or written during a re-index do not disturb it', async () => {
  await retriever.createCollection('busy', { model });
  await retriever.importSamples('busy', samples);
  const image = await stripes(77, 9);
  const writing = (async () => {
    for (const { id } of samples.slice(0, 10)) {
      await retriever.gallery.delete('busy', [id]);
      const [result] = await retriever.add('busy', [{ id: `new/${id}`, image }]);
      assert.ok(result?.ok);
    }
  })();
  const { modelId } = await retriever.reindex('busy', other);
  await writing;
  const { hits } = await retriever.search('busy', { image }, { k: 100, group: 'item', exact: true });
  assert.equal(hits.length, 20);
  assert.equal(hits.filter(({ distance }) => distance < 1e-3).length, 10);
  assert.equal((await retriever.gallery.info('busy')).modelId, modelId);
});

test('without its pictures a collection cannot be re-indexed, and says what to do', async () => {
  await retriever.createCollection('bare', { storeImages: false });
  await retriever.importSamples('bare', samples.slice(0, 3));
  await assert.rejects(
    retriever.reindex('bare', other),
    (error: Error) => withCode('image-not-stored')(error) && /into a new collection/.test(error.message),
  );
});

test('the data folder is enough: it opens without the model file, and says when its own copy is gone', async () => {
  await retriever.close();
  retriever = await Retriever.open(data);
  const { hits } = await retriever.search('stopped', { image: await stripes(0, 4) }, { k: 1 });
  assert.equal(hits[0]?.item.productId, 'label-0');
  const made = await retriever.createCollection('new');
  assert.deepEqual([made.modelId, retriever.namedModel], [retriever.defaultModel?.id, undefined]);
  await retriever.close();
  rmSync(join(data, 'models'), { recursive: true });
  retriever = await Retriever.open(data);
  await assert.rejects(retriever.search('shop', { image: await stripes(0, 4) }), withCode('model-not-found'));
});

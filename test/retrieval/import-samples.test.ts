// slow: runs a model
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SnapshelfError } from '../../src/errors.ts';
import { type ImportReport, type ImportSample, Retriever } from '../../src/retrieval/index.ts';
import { stripes } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-import-'));
let retriever: Retriever;

before(async () => {
  const model = join(folder, 'tiny.onnx');
  await writeTinyModel(model);
  for (let hue = 0; hue < 6; hue += 1) writeFileSync(join(folder, `${hue}.jpg`), await stripes(hue * 60, 5));
  retriever = await Retriever.open(join(folder, 'data'), { model });
});
after(async () => {
  await retriever.close();
  rmSync(folder, { recursive: true, force: true });
});

const sample = (id: string, picture: number, more: Partial<ImportSample> = {}): ImportSample => ({
  id,
  path: join(folder, `${picture}.jpg`),
  label: 'x',
  ...more,
});

/** The counts of a report in the order that people read them. */
const counts = ({ added, replaced, updated, unchanged, removed, failed }: ImportReport): number[] => [
  added,
  replaced.count,
  updated.count,
  unchanged,
  removed.count,
  failed.length,
];

const idsOf = async (name: string): Promise<string[]> =>
  (await retriever.gallery.list(name)).items.map(({ id }) => id);

const refused = (error: unknown): boolean =>
  error instanceof SnapshelfError && error.code === 'prune-refused';

test('every sample counts once: added, replaced, updated, unchanged, failed', async () => {
  await retriever.createCollection('counts');
  const first = await retriever.importSamples('counts', [sample('a', 0), sample('b', 1), sample('c', 2)]);
  assert.deepEqual(counts(first), [3, 0, 0, 0, 0, 0]);
  const second = await retriever.importSamples('counts', [
    sample('a', 0),
    sample('b', 3),
    sample('c', 2, { label: 'y' }),
    sample('d', 4),
    sample('e', 99),
  ]);
  assert.deepEqual(counts(second), [1, 1, 1, 1, 0, 1]);
  assert.deepEqual(second.replaced.first, ['b']);
});

test('changed fields change nothing else: picture, vector and what is not stated stay', async () => {
  await retriever.createCollection('fields');
  const before = sample('a', 0, { productId: 'p', split: 'query', metadata: { price: 5, old: true } });
  await retriever.importSamples('fields', [before]);
  const vector = await retriever.gallery.vector('fields', 'a');
  const embedded = retriever.embedders().reduce((sum, { stats }) => sum + stats.images, 0);
  const after = sample('a', 0, { metadata: { price: 6 } });
  assert.deepEqual((await retriever.importSamples('fields', [after])).updated, { count: 1, first: ['a'] });
  const item = await retriever.gallery.get('fields', 'a');
  assert.deepEqual(
    [item.productId, item.split, item.metadata, item.hasImage],
    ['p', 'query', { price: 6, old: true }, true],
  );
  assert.deepEqual(await retriever.gallery.vector('fields', 'a'), vector);
  assert.equal(
    retriever.embedders().reduce((sum, { stats }) => sum + stats.images, 0),
    embedded,
  );
});

test('an item keeps what the source does not state, with another picture too, and loses what a column lacks', async () => {
  await retriever.createCollection('kept');
  await retriever.importSamples('kept', [sample('a', 0), sample('b', 1, { split: 'query' })]);
  const written = { productId: 'p', metadata: { stock: 3, sale: true } };
  await retriever.update('kept', [
    { id: 'a', ...written },
    { id: 'b', ...written },
  ]);
  const fields = async (): Promise<unknown[]> =>
    (await retriever.gallery.list('kept')).items.map((item) => [item.productId, item.split, item.metadata]);
  const again = [
    sample('a', 0, { newProductId: 'n' }),
    sample('b', 2),
    sample('c', 3, { newProductId: 'n' }),
  ];
  assert.deepEqual(counts(await retriever.importSamples('kept', again)), [1, 1, 0, 1, 0, 0]);
  const whole = { stock: 3, sale: true };
  assert.deepEqual(await fields(), [
    ['p', null, whole],
    ['p', 'query', whole],
    ['n', null, {}],
  ]);
  const columns = { split: true, metadata: ['sale', 'price'] };
  const listed = [sample('a', 0, { split: 'test' }), sample('b', 2, { metadata: { price: 5 } })];
  assert.equal((await retriever.importSamples('kept', listed, { columns })).updated.count, 2);
  assert.deepEqual(await fields(), [
    ['p', 'test', { stock: 3 }],
    ['p', null, { stock: 3, price: 5 }],
    ['n', null, {}],
  ]);
});

test('an id twice in one import is told as replaced, not counted as added twice', async () => {
  await retriever.createCollection('twice');
  const report = await retriever.importSamples('twice', [sample('a', 0), sample('a', 1)]);
  assert.deepEqual([report.added, report.replaced.first], [1, ['a']]);
});

test('prune removes what is not among the samples, within the prefix, after the rest', async () => {
  await retriever.createCollection('pruned');
  const all = ['a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'ab'];
  await retriever.importSamples(
    'pruned',
    all.map((id, i) => sample(id, i)),
  );
  const kept = [sample('a/1', 0), sample('a/2', 1), sample('a/9', 5)];
  const report = await retriever.importSamples('pruned', kept, { prune: { idPrefix: 'a/' } });
  assert.deepEqual([counts(report), report.removed.first], [[1, 0, 0, 2, 1, 0], ['a/3']]);
  assert.deepEqual(await idsOf('pruned'), ['a/1', 'a/2', 'a/9', 'ab', 'b/1', 'b/2']);
});

test('prune that would remove more than half is refused before anything is stored', async () => {
  await retriever.createCollection('whole');
  const all = ['1', '2', '3', '4'].map((id, i) => sample(id, i));
  await retriever.importSamples('whole', all);
  const one = [sample('1', 0), sample('new', 5)];
  await assert.rejects(retriever.importSamples('whole', one, { prune: {} }), refused);
  await assert.rejects(retriever.importSamples('whole', [], { prune: {} }), refused);
  assert.deepEqual(await idsOf('whole'), ['1', '2', '3', '4']);
  const half = await retriever.importSamples('whole', all.slice(0, 2), { prune: {} });
  assert.equal(half.removed.count, 2);
  const rest = await retriever.importSamples('whole', [], { prune: { mostShare: 1 } });
  assert.deepEqual([rest.removed.count, await idsOf('whole')], [2, []]);
});

test('deletes by ids, filter and product, and says how many', async () => {
  await retriever.createCollection('deleted');
  const samples = ['a', 'b', 'c', 'd', 'e'].map((id, i) =>
    sample(id, i, { productId: i < 2 ? 'p' : undefined, label: i === 4 ? 'z' : 'x' }),
  );
  await retriever.importSamples('deleted', samples);
  assert.equal(await retriever.delete('deleted', { productId: 'p' }), 2);
  assert.equal(await retriever.delete('deleted', { filter: { field: 'label', equals: 'z' } }), 1);
  assert.equal(await retriever.delete('deleted', { ids: ['c', 'nothing'] }), 1);
  assert.deepEqual(await idsOf('deleted'), ['d']);
});

test('update merges metadata, and null removes a key', async () => {
  await retriever.createCollection('updated');
  await retriever.importSamples('updated', [sample('a', 0, { metadata: { price: 5, sale: true } })]);
  const done = await retriever.update('updated', [
    { id: 'a', label: null, metadata: { sale: null, size: 3 } },
  ]);
  assert.deepEqual([done.updated, done.items[0]?.metadata], [1, { price: 5, size: 3 }]);
  assert.equal((await retriever.gallery.get('updated', 'a')).label, null);
});

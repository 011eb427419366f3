import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import type { CollectionInfo, Engine } from '../../../src/engine/index.ts';
import { openEngine } from '../../../src/engines/index.ts';
import { SnapshelfError } from '../../../src/errors.ts';
import { addVectors } from '../../../src/retrieval/vectors/add-vectors.ts';
import { exportVectors } from '../../../src/retrieval/vectors/export-vectors.ts';
import { importVectors } from '../../../src/retrieval/vectors/import-vectors.ts';
import { VectorFileWriter } from '../../../src/tensor/index.ts';

const modelId = 'b'.repeat(64);
const dimension = 3;
const folder = mkdtempSync(join(tmpdir(), 'snapshelf-vectors-'));
let gallery: Engine;
before(async () => {
  gallery = await openEngine(join(folder, 'data'));
});
after(async () => {
  await gallery.close();
  rmSync(folder, { recursive: true });
});

const create = (name: string): Promise<CollectionInfo> =>
  gallery.create({ name, modelId, modelName: 'elsewhere', dimension, metric: 'l2' });

/** Writes files to import; row i is (i, 1, -i). */
async function write(name: string, rows: number, lines: readonly string[]) {
  const files = { vectors: join(folder, `${name}.npy`), items: join(folder, `${name}.jsonl`) };
  const file = await VectorFileWriter.create(files.vectors, dimension);
  for (let i = 0; i < rows; i += 1) await file.append(Float32Array.of(i, 1, -i));
  await file.finish();
  writeFileSync(files.items, lines.map((line) => `${line}\n`).join(''));
  return files;
}

const lineOf = (id: string, rest: object = {}): string => JSON.stringify({ id, ...rest });

test('what was exported is imported to the last bit, and a second import changes nothing', async () => {
  const info = await create('first');
  const lines = Array.from({ length: 2500 }, (_, i) =>
    lineOf(`item/${i}`, {
      productId: `p${i >> 1}`,
      label: 'l',
      split: 'train',
      metadata: { i, list: ['a'] },
    }),
  );
  // Blank lines, line ends of Windows and a last line without an end count nothing.
  const files = await write('all', 2500, ['', ...lines.map((line) => `${line}\r`)]);
  const progress: number[] = [];
  const report = await importVectors(gallery, info, modelId, files, {
    onProgress: ({ done }) => progress.push(done),
  });
  assert.deepEqual([report.added, report.unchanged, report.failures, report.notes], [2500, 0, 0, []]);
  assert.deepEqual(progress, [1000, 2000, 2500]);
  assert.deepEqual(await gallery.vector('first', 'item/7'), Float32Array.of(7, 1, -7));
  const { sequence } = await gallery.info('first');
  const again = await importVectors(gallery, info, modelId, files);
  assert.deepEqual([again.added, again.unchanged, again.replaced.count], [0, 2500, 0]);
  assert.equal((await gallery.info('first')).sequence, sequence);

  const out = { vectors: join(folder, 'out', 'v.npy'), items: join(folder, 'out', 'v.jsonl') };
  const wanted = { items: 2500, damaged: 0, pictures: 0, picturesLeft: 0 };
  assert.deepEqual(await exportVectors(gallery, 'first', out), wanted);
  const copy = await importVectors(gallery, await create('second'), modelId, out);
  assert.equal(copy.added, 2500);
  for (const id of ['item/0', 'item/1234', 'item/2499']) {
    const { sequence: _one, updatedAt: _at, ...one } = await gallery.get('first', id);
    const { sequence: _two, updatedAt: _then, ...two } = await gallery.get('second', id);
    assert.deepEqual(two, one);
    assert.deepEqual(await gallery.vector('second', id), await gallery.vector('first', id));
  }
  const some = { field: 'metadata.i', lt: 10 } as const;
  assert.equal((await exportVectors(gallery, 'first', out, { filter: some })).items, 10);
  assert.equal(readFileSync(out.items, 'utf8').trim().split('\n').length, 10);
});

test('an import that was broken off keeps what was told as done, and goes on from there', async () => {
  const info = await create('broken');
  const lines = Array.from({ length: 2500 }, (_, i) => lineOf(`i${i}`));
  const files = await write('broken', 2500, lines);
  const stop = new AbortController();
  const done: number[] = [];
  const onProgress = (told: { readonly done: number }): void => {
    done.push(told.done);
    stop.abort(new Error('enough'));
  };
  const broken = importVectors(gallery, info, modelId, files, { signal: stop.signal, onProgress });
  await assert.rejects(broken, /enough/);
  assert.deepEqual([done, (await gallery.info('broken')).items], [[1000], 1000]);
  const report = await importVectors(gallery, info, modelId, files);
  assert.deepEqual([report.added, report.unchanged, report.replaced.count], [1500, 1000, 0]);
  assert.equal((await gallery.info('broken')).items, 2500);
});

test('a bad row fails alone, with its number, its id and a code', async () => {
  const info = await create('rows');
  const lines = [
    lineOf('good'),
    '{"id": "cut',
    lineOf('../up'),
    lineOf('more', { colour: 'red' }),
    '["a list"]',
    lineOf('nothing', { productId: null, label: null, split: null, metadata: null }),
    lineOf('split', { split: 'all' }),
    lineOf('deep', { metadata: { text: 'x'.repeat(70_000) } }),
    lineOf(' blank '),
    '{"id": 12, "metadata": {"long": 12345678901234567890}}',
  ];
  const report = await importVectors(gallery, info, modelId, await write('rows', lines.length, lines));
  assert.equal(report.added, 4);
  assert.deepEqual(
    report.failed.map(({ row, id, error }) => [row, id, error.code]),
    [
      [1, null, 'item-invalid'],
      [2, '../up', 'id-invalid'],
      [3, 'more', 'item-invalid'],
      [4, null, 'item-invalid'],
      [6, 'split', 'item-invalid'],
      [7, 'deep', 'item-invalid'],
    ],
  );
  assert.match(report.notes.join(), /Removed the blanks at the ends of 1 text/);
  assert.deepEqual((await gallery.get('rows', '12')).metadata, { long: '12345678901234567890' });
  assert.equal((await gallery.get('rows', 'blank')).productId, 'blank');
  const vectors = Float32Array.of(1, 2, 3, Number.NaN, 0, 0, 4, 5, 6);
  const items = ['a', 'b', 'c'].map((id) => ({ id }));
  const { results } = await addVectors(gallery, info, modelId, { items, vectors });
  assert.ok(results[1] instanceof SnapshelfError && results[1].code === 'vector-invalid');
  assert.deepEqual(await gallery.vector('rows', 'c'), Float32Array.of(4, 5, 6));
});

test('files that do not belong together store nothing', async () => {
  const info = await create('none');
  const refused = async (files: { vectors: string; items: string }, code: string, says: RegExp) => {
    await assert.rejects(importVectors(gallery, info, modelId, files), (error: unknown) => {
      assert.ok(error instanceof SnapshelfError && error.code === code, String(error));
      assert.match(error.message, says);
      return true;
    });
    assert.equal((await gallery.info('none')).items, 0);
  };
  const three = ['a', 'b', 'c'].map((id) => lineOf(id));
  await refused(await write('short', 2, three), 'source-invalid', /2 vectors, but .* 3 items/);
  const twice = [lineOf('caf\u00e9'), lineOf('b'), lineOf('cafe\u0301')];
  await refused(await write('twice', 3, twice), 'source-invalid', /twice, for the rows 0 and 2/);
  const other = join(folder, 'other.npy');
  const file = await VectorFileWriter.create(other);
  await file.append(Float32Array.of(1, 2));
  await file.finish();
  await refused({ vectors: other, items: join(folder, 'short.jsonl') }, 'dimension-mismatch', /2 numbers/);
  const long = await write('long', 1, ['x'.repeat(2_000_000)]);
  await refused(long, 'source-invalid', /line 1 has more than/);
  const files = await write('fits', 3, three);
  await assert.rejects(importVectors(gallery, info, 'c'.repeat(64), files), { code: 'model-mismatch' });
  const stop = AbortSignal.abort(new Error('stop'));
  await assert.rejects(importVectors(gallery, info, modelId, files, { signal: stop }), /stop/);
  assert.equal((await gallery.info('none')).items, 0);
  // A picture that the item had goes with it: the item is replaced whole.
  const image = Buffer.from('picture');
  await gallery.upsert('none', modelId, [
    { id: 'a', vector: Float32Array.of(0, 1, 0), imageHash: 'd'.repeat(64), image, imageType: 'image/png' },
  ]);
  const report = await importVectors(gallery, info, modelId, files);
  assert.deepEqual(report.replaced, { count: 1, first: ['a'] });
  assert.equal((await gallery.get('none', 'a')).hasImage, false);
});

test('pictures go out into a folder and come in from it; without one they are left out, and told', async () => {
  const info = await create('with-pictures');
  const picture = await sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const image = {
    imageHash: createHash('sha256').update(picture).digest('hex'),
    image: picture,
    imageType: 'image/png',
  };
  await gallery.upsert('with-pictures', modelId, [
    { id: 'a/1', vector: Float32Array.of(1, 2, 3), ...image },
    { id: 'b', vector: Float32Array.of(1, 2, 3), imageHash: '' },
    { id: 'c', vector: Float32Array.of(1, 2, 3), ...image, productId: 'a' },
  ]);
  const out = { vectors: join(folder, 'pictures', 'v.npy'), items: join(folder, 'pictures', 'v.jsonl') };
  const bare = await exportVectors(gallery, 'with-pictures', out);
  assert.deepEqual([bare.pictures, bare.picturesLeft], [0, 2]);
  assert.doesNotMatch(readFileSync(out.items, 'utf8'), /image/);
  const files = { ...out, pictures: join(folder, 'pictures', 'files') };
  const whole = await exportVectors(gallery, 'with-pictures', files);
  assert.deepEqual([whole.pictures, whole.picturesLeft], [2, 0]);
  assert.deepEqual(readdirSync(files.pictures), [`${image.imageHash}.png`]);
  const copy = await importVectors(gallery, await create('with-copies'), modelId, files);
  assert.deepEqual([copy.added, copy.failures, copy.notes], [3, 0, []]);
  assert.deepEqual(Buffer.from((await gallery.image('with-copies', 'c')).bytes), picture);
  const { hasThumbnail, imageHash, productId } = await gallery.get('with-copies', 'c');
  assert.deepEqual([hasThumbnail, imageHash, productId], [true, image.imageHash, 'a']);
  assert.equal((await importVectors(gallery, info, modelId, files)).failures, 0);
  assert.equal(
    (await importVectors(gallery, await gallery.info('with-copies'), modelId, files)).unchanged,
    3,
  );
  const without = await importVectors(gallery, await create('without'), modelId, out);
  assert.deepEqual(
    [without.added, without.notes],
    [3, ['2 lines name a picture, which was left out: no folder of pictures was named.']],
  );
  writeFileSync(join(files.pictures, 'no.png'), 'no picture');
  const lines = ['../v.npy', 'nothing.png', 'no.png', '/etc/passwd'].map((name, at) =>
    lineOf(`p${at}`, { image: name }),
  );
  const bad = { ...(await write('bad-pictures', 4, lines)), pictures: files.pictures };
  const report = await importVectors(gallery, await create('bad'), modelId, bad);
  assert.equal(report.failures, 4);
  assert.match(
    report.failed.map(({ error }) => error.message).join('\n'),
    /^.*no file of the folder.*\n.*cannot be read.*\n.*\n.*no file of the folder/,
  );
});

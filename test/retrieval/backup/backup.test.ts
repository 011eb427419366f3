// slow: starts processes
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { SnapshelfError } from '../../../src/errors.ts';
import { sha256 } from '../../../src/files/index.ts';
import { tarEnd, tarHeader, tarPadding } from '../../../src/retrieval/backup/tar.ts';
import { Retriever, restoreBackup, writeBackup } from '../../../src/retrieval/index.ts';
import { stripes } from '../../support/pictures.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-backup-'));
const data = join(folder, 'data');
const archive = join(folder, 'all.tar');
let retriever: Retriever;

before(async () => {
  const models = ['one.onnx', 'two.onnx'].map((name) => join(folder, name));
  for (const [seed, model] of models.entries()) await writeTinyModel(model, { seed: seed + 1 });
  retriever = await Retriever.open(data, { model: models[0] });
  await retriever.createCollection('shop');
  await retriever.createCollection('other', { model: models[1], metric: 'l2' });
  await retriever.createCollection('empty');
  const picture = async (seed: number): Promise<Buffer> => await stripes(100 * seed, 8);
  await retriever.add('shop', [
    { id: 'a', image: await picture(1), metadata: { price: 3 } },
    { id: 'ü/b', image: await picture(2) },
  ]);
  await retriever.add('other', [{ id: 'c', image: await picture(3) }]);
  const report = await writeBackup(retriever, archive);
  assert.deepEqual([...report.collections], ['empty', 'other', 'shop']);
  assert.deepEqual([report.models.length, report.missingModels.length], [2, 0]);
  assert.equal(readFileSync(archive).length, report.bytes);
});
after(async () => {
  await retriever.close();
  rmSync(folder, { recursive: true, force: true });
});

const withCode = (code: string) => (error: unknown) => {
  assert.ok(error instanceof SnapshelfError, String(error));
  assert.equal(error.code, code, error.message);
  return true;
};

const leftovers = (): string[] =>
  [...readdirSync(folder), ...readdirSync(join(data, 'collections'))].filter((name) => name.startsWith('.'));

test('a restored folder answers as the one that was backed up', async () => {
  const to = join(folder, 'restored');
  const seen: number[] = [];
  const { collections, models } = await restoreBackup(archive, to, {
    onProgress: ({ done }) => seen.push(done),
  });
  assert.deepEqual(
    collections.map(({ name, items }) => [name, items]),
    [
      ['empty', 0],
      ['other', 1],
      ['shop', 2],
    ],
  );
  assert.deepEqual([models.length, seen], [2, [1, 2, 3, 4, 5]]);
  await using again = await Retriever.open(to);
  const query = { image: await stripes(200, 8) };
  const search = async (from: Retriever): Promise<unknown> =>
    (await from.search('shop', query)).hits.map(({ item, distance }) => [item.id, item.metadata, distance]);
  assert.deepEqual(await search(again), await search(retriever));
  assert.deepEqual(await again.gallery.image('shop', 'ü/b'), await retriever.gallery.image('shop', 'ü/b'));
  assert.deepEqual(leftovers(), []);
  const names = readdirSync(to).map((name) => name.replace(/^lock.*/, 'lock'));
  assert.deepEqual([...new Set(names)].sort(), ['collections', 'lock', 'models', 'reserve']);
});

test('a stream gets the same parts, and an error of it is the error', async () => {
  const pieces: Buffer[] = [];
  const out = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(Buffer.from(piece));
      done();
    },
  });
  await writeBackup(retriever, out);
  const path = join(folder, 'streamed.tar');
  writeFileSync(path, Buffer.concat(pieces));
  assert.equal((await restoreBackup(path, join(folder, 'streamed'))).collections.length, 3);
  const full = new Writable({ write: (_piece, _encoding, done) => done(new Error('full')) });
  await assert.rejects(writeBackup(retriever, full), /full/);
  assert.deepEqual(leftovers(), []);
});

test('many collections are restored without a warning of Node', async () => {
  const many = join(folder, 'many.tar');
  await using source = await Retriever.open(join(folder, 'many'), { model: join(folder, 'one.onnx') });
  for (let i = 0; i < 12; i += 1) await source.createCollection(`c${i}`);
  await writeBackup(source, many);
  const warnings: string[] = [];
  const note = ({ message }: Error): unknown => warnings.push(message);
  process.on('warning', note);
  const { collections } = await restoreBackup(many, join(folder, 'many-restored'));
  process.off('warning', note);
  assert.deepEqual([collections.length, warnings], [12, []]);
});

test('an abort leaves nothing', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(writeBackup(retriever, join(folder, 'never.tar'), { signal }), /enough/);
  const stop = new AbortController();
  const restored = restoreBackup(archive, join(folder, 'never'), {
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('enough')),
  });
  await assert.rejects(restored, /enough/);
  assert.ok(!existsSync(join(folder, 'never.tar')) && !existsSync(join(folder, 'never')));
  assert.deepEqual(leftovers(), []);
});

test('a folder that holds something, a locked one and a file stay as they are', async () => {
  await assert.rejects(restoreBackup(archive, data), withCode('gallery-locked'));
  const used = join(folder, 'restored');
  await assert.rejects(restoreBackup(archive, used), withCode('folder-not-empty'));
  await assert.rejects(restoreBackup(archive, archive), withCode('folder-not-empty'));
  const withReports = join(folder, 'reports');
  mkdirSync(join(withReports, 'evaluations', 'x'), { recursive: true });
  await assert.rejects(restoreBackup(archive, withReports), withCode('folder-not-empty'));
  // An empty folder is taken, as is one that a killed restore left.
  const volume = join(folder, 'volume');
  mkdirSync(join(volume, '.restoring-0', 'models'), { recursive: true });
  mkdirSync(join(volume, 'collections'));
  assert.equal((await restoreBackup(archive, volume)).collections.length, 3);
  assert.ok(!readdirSync(volume).some((name) => name.startsWith('.')));
});

const tar = (files: readonly (readonly [string, Buffer])[]): Buffer =>
  Buffer.concat([
    ...files.flatMap(([name, bytes]) => [tarHeader(name, bytes.length, 0), bytes, tarPadding(bytes.length)]),
    tarEnd(),
  ]);

test('a hostile archive: names, sizes, hashes and what is cut short', async () => {
  const bad = join(folder, 'bad.tar');
  const to = join(folder, 'refused');
  const refuse = async (bytes: Uint8Array, why: RegExp, code = 'backup-invalid'): Promise<void> => {
    writeFileSync(bad, bytes);
    await assert.rejects(
      restoreBackup(bad, to),
      (error) => withCode(code)(error) && why.test((error as Error).message),
    );
    assert.ok(!existsSync(to));
  };
  const whole = readFileSync(archive);
  for (const length of [0, 100, 512, 5000, whole.length - 1500])
    await refuse(whole.subarray(0, length), /cut short/);
  await refuse(Buffer.from('PK\x03\x04'.padEnd(2000)), /no plain file/);

  const x = Buffer.from('x');
  const manifest = (change: object): Buffer =>
    Buffer.from(
      JSON.stringify({
        format: 'snapshelf-backup',
        version: 1,
        createdAt: new Date().toISOString(),
        models: [],
        collections: [],
        ...change,
      }),
    );
  const model = { sha256: sha256(x), bytes: 1 };
  const named = `models/${model.sha256}.onnx`;
  const shop = { name: 'shop', sha256: sha256(x), bytes: 1 };
  await refuse(tar([['backup.json', manifest({ version: 2 })]]), /of this version/);
  await refuse(tar([['backup.json', manifest({ more: 1 })]]), /of this version/);
  await refuse(
    tar([['backup.json', manifest({ collections: [{ ...shop, name: '../x' }] })]]),
    /of this version/,
  );
  await refuse(tar([['backup.json', manifest({ models: [model] })]]), /lacks models/);
  await refuse(
    tar([
      ['../evil', x],
      ['backup.json', manifest({})],
    ]),
    /"\.\.\/evil" is not as/,
  );
  await refuse(
    tar([
      ['/etc/evil', x],
      ['backup.json', manifest({})],
    ]),
    /is not as/,
  );
  await refuse(
    tar([
      [named, Buffer.from('xy')],
      ['backup.json', manifest({ models: [model] })],
    ]),
    /is not as/,
  );
  await refuse(
    tar([
      [named, x],
      [named, x],
      ['backup.json', manifest({ models: [model] })],
    ]),
    /is not as/,
  );
  await refuse(
    tar([
      [named, x],
      ['backup.json', manifest({ models: [model, model] })],
    ]),
    /twice/,
  );
  await refuse(
    tar([
      [named, Buffer.from('y')],
      ['backup.json', manifest({ models: [model] })],
    ]),
    /was changed/,
  );
  await refuse(
    tar([
      [named, x],
      ['backup.json', manifest({ models: [model] })],
    ]),
    /ONNX/i,
    'onnx-invalid',
  );
  await refuse(
    tar([
      ['collections/shop.snapshot', x],
      ['backup.json', manifest({ collections: [shop] })],
    ]),
    /not a whole snapshot/,
    'snapshot-invalid',
  );
  await refuse(tar([['backup.json', manifest({ models: Array(20_000).fill(model) })]]), /of this version/);
});

test('a damaged collection or model is an error, never left out; a missing model is named', async () => {
  const copy = join(folder, 'copy');
  await restoreBackup(archive, copy);
  const [first = '', second = ''] = readdirSync(join(copy, 'models')).sort();
  rmSync(join(copy, 'models', first));
  {
    await using one = await Retriever.open(copy);
    const { missingModels, models } = await writeBackup(one, join(folder, 'lacks.tar'));
    assert.deepEqual(
      [...missingModels, ...models],
      [first, second].map((name) => name.replace('.onnx', '')),
    );
    writeFileSync(join(copy, 'models', second), 'changed');
    await assert.rejects(writeBackup(one, join(folder, 'changed.tar')), withCode('model-invalid'));
  }
  writeFileSync(join(copy, 'collections', 'shop', 'catalogue.sqlite'), 'no database at all'.repeat(100));
  await using two = await Retriever.open(copy);
  await assert.rejects(writeBackup(two, join(folder, 'damaged.tar')), withCode('gallery-damaged'));
  assert.ok(!existsSync(join(folder, 'damaged.tar')) && !existsSync(join(folder, 'changed.tar')));
});

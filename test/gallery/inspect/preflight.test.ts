// slow: starts processes
import assert from 'node:assert/strict';
import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { Gallery } from '../../../src/gallery/index.ts';
import { preflight } from '../../../src/gallery/inspect/preflight.ts';
import { craft, fixtures } from '../support/crafted.ts';
import { item, modelId, openGallery, settings, temporaryFolder } from '../support/gallery.ts';

const pageBytes = 4096;

/** An interior page of a table's tree (https://sqlite.org/fileformat2.html#b_tree_pages) whose children are all the same. */
function interiorPage(header: number, child: number, cells = 300): Buffer {
  const page = Buffer.alloc(pageBytes);
  page[header] = 5;
  page.writeUInt16BE(cells, header + 3);
  page.writeUInt32BE(child, header + 8);
  let at = pageBytes;
  for (let i = 0; i < cells; i++) {
    at -= 6;
    page.writeUInt32BE(child, at);
    page[at + 4] = 0x80 | ((i + 1) >> 7);
    page[at + 5] = (i + 1) & 127;
    page.writeUInt16BE(at, header + 12 + 2 * i);
  }
  page.writeUInt16BE(at, header + 5);
  return page;
}

/** The database with a schema of 300^17 rows, which SQLite reads before anybody can look at it. */
function twisted(whole: Buffer): Buffer {
  const pages = whole.length / pageBytes;
  const first = whole.subarray(0, pageBytes);
  const leaf = Buffer.from(first);
  leaf.fill(0, 0, 100);
  first.copy(leaf, 0, 100, 108 + 2 * first.readUInt16BE(103));
  const root = interiorPage(100, pages + 1);
  first.copy(root, 0, 0, 100);
  const between = Array.from({ length: 16 }, (_, i) => interiorPage(0, pages + 2 + i));
  const bytes = Buffer.concat([root, whole.subarray(pageBytes), ...between, leaf]);
  bytes.writeUInt32BE(bytes.length / pageBytes, 28);
  return bytes;
}

test('a file that SQLite would read for ever costs its collection, and no other', async (t) => {
  const folder = await temporaryFolder(t);
  const good = join(fixtures, 'data-447a4fb', 'collections', 'shop', 'catalogue.sqlite');
  const bad = join(folder, 'bad.sqlite');
  const broken = join(folder, 'broken.sqlite');
  craft(await copied(good, bad), 'SELECT 1');
  await writeFile(bad, twisted(await readFile(bad)));
  await writeFile(broken, 'no database');
  let seconds = 3;
  let { errors } = preflight([good, bad, good, broken, good], seconds);
  // A machine so busy that the process has not begun by then gets more time.
  while (errors.has(good) && seconds < 60) {
    seconds *= 3;
    ({ errors } = preflight([good, bad, good, broken, good], seconds));
  }
  assert.deepEqual([...errors.keys()], [bad, broken]);
  assert.match(errors.get(bad)?.message ?? '', new RegExp(`took more than ${seconds} s`));
  assert.equal((errors.get(broken) as { code?: string }).code, 'gallery-damaged');
});

test('the process that looks ends by itself when it is late, also where its owner does not end it', async () => {
  const url = new URL('../../../src/gallery/inspect/preflight-process.js', import.meta.url);
  // Its main thread waits for its input.
  const late = spawn(process.execPath, [fileURLToPath(url), '1'], { timeout: 30_000 });
  const [, signal] = await once(late, 'exit');
  assert.equal(signal, 'SIGKILL'); // not the SIGTERM of the time-out
});

async function copied(from: string, to: string): Promise<string> {
  await cp(from, to);
  return to;
}

test('a reader beside a writer never takes what is being written for damage', async (t) => {
  const directory = await temporaryFolder(t);
  const script = join(directory, 'writer.mjs');
  await writeFile(
    script,
    `import { Gallery } from ${JSON.stringify(new URL('../../../src/gallery/index.js', import.meta.url).href)};
    const modelId = 'a'.repeat(64);
    const settings = { modelId, modelName: 'test', dimension: 2, metric: 'cosine' };
    const gallery = await Gallery.open(${JSON.stringify(join(directory, 'data'))});
    await gallery.create({ ...settings, name: 'shop' });
    const items = (round) => Array.from({ length: 200 }, (_, i) =>
      ({ id: round + ' ' + i, vector: Float32Array.of(round, i + 1), imageHash: '' }));
    for (let round = 0; round < 40; round++) await gallery.upsert('shop', modelId, items(round));
    process.send('ready');
    process.once('disconnect', () => process.exit(0));
    for (let round = 40; ; round++) {
      await gallery.upsert('shop', modelId, items(round));
      await gallery.create({ ...settings, name: 'brief' });
      await gallery.upsert('brief', modelId, items(round));
      await gallery.drop('brief');
    }`,
  );
  const writer = fork(script, { execArgv: [] });
  t.after(() => writer.kill('SIGKILL'));
  await once(writer, 'message');
  for (let round = 0; round < 5; round++) {
    const reader = await Gallery.open(join(directory, 'data'), { readOnly: true });
    const damaged = await reader.damaged();
    assert.deepEqual(
      damaged.filter(({ name }) => name === 'shop').map(({ error }) => error.message),
      [],
    );
    assert.ok((await reader.info('shop')).items >= 8000);
    await reader.close();
  }
  // Before the folder is removed, which it would write to.
  writer.kill('SIGKILL');
  await once(writer, 'exit');
});

test('a collection that another process holds is busy, not damaged, and is there when it is let go', async (t) => {
  const directory = await temporaryFolder(t);
  await cp(join(fixtures, 'data-447a4fb'), directory, { recursive: true });
  await cp(join(directory, 'collections', 'shop'), join(directory, 'collections', 'free'), {
    recursive: true,
  });
  const file = join(directory, 'collections', 'shop', 'catalogue.sqlite');
  const locked = { code: 'gallery-locked' };
  for (const readOnly of [true, false]) {
    const other = new DatabaseSync(file);
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    const gallery = await openGallery(t, { directory, readOnly });
    assert.deepEqual(await gallery.damaged(), []);
    assert.equal((await gallery.info('free')).items, 2);
    await assert.rejects(gallery.info('shop'), locked);
    await assert.rejects(gallery.collections(), locked);
    other.exec('COMMIT');
    other.close();
    await setTimeout(2100);
    assert.equal((await gallery.info('shop')).items, 2);
    assert.deepEqual(
      (await gallery.collections()).map(({ name }) => name),
      ['free', 'shop'],
    );
    await gallery.close();
  }
});

test('a pipe in the place of a file is not waited for', async (t) => {
  if (process.platform === 'win32') return t.skip('there are no named pipes');
  const pipes = [
    ['lock.json'],
    ['lock.sqlite'],
    ['server.json.tmp'],
    ['collections'],
    ['models'],
    ['collections', 'shop', 'catalogue.sqlite'],
    ['collections', 'shop', 'catalogue.sqlite-wal'],
    ['collections', 'shop', 'index-1', 'index.json'],
    ['collections', 'shop', 'index-1', 'index.json.tmp'],
  ];
  for (const path of pipes) {
    const directory = await temporaryFolder(t);
    await cp(join(fixtures, 'data-447a4fb'), directory, { recursive: true });
    await mkdir(join(directory, 'collections', 'shop', 'index-1'));
    const pipe = join(directory, ...path);
    await rm(pipe, { recursive: true, force: true });
    execFileSync('mkfifo', [pipe]);
    const opened = await Gallery.open(directory).catch((error: { code?: string }) => error.code);
    if (typeof opened === 'string' || opened === undefined) {
      assert.equal(opened, 'gallery-damaged', path.join('/'));
      continue;
    }
    const [damaged] = await opened.damaged();
    assert.equal(damaged?.error.code, 'gallery-damaged', path.join('/'));
    await opened.close();
  }
});

test('what is accepted leaves room to count on, and nothing is written that cannot be read', async (t) => {
  const directory = await temporaryFolder(t);
  await cp(join(fixtures, 'data-447a4fb'), directory, { recursive: true });
  const file = join(directory, 'collections', 'shop', 'catalogue.sqlite');
  craft(file, `UPDATE state SET sequence = ${2 ** 47}`);
  const gallery = await openGallery(t, { directory });
  await gallery.upsert('shop', modelId, [item('new', [1, 1, 1])]);
  assert.equal((await gallery.get('shop', 'new')).sequence, 2 ** 47 + 1);
  await gallery.close();
  craft(file, `UPDATE state SET sequence = ${2 ** 47 + 1}`);
  const full = await openGallery(t, { directory });
  await assert.rejects(full.info('shop'), { code: 'gallery-damaged', message: /no room/ });
});

test('a catalogue in another mode is in WAL mode before it is written to', async (t) => {
  const directory = await temporaryFolder(t);
  await cp(join(fixtures, 'data-447a4fb'), directory, { recursive: true });
  const file = join(directory, 'collections', 'shop', 'catalogue.sqlite');
  craft(file, 'SELECT 1');
  const gallery = await openGallery(t, { directory });
  await gallery.upsert('shop', modelId, [item('new', [1, 1, 1])]);
  const database = new DatabaseSync(file, { readOnly: true });
  assert.deepEqual({ ...database.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'wal' });
  database.close();
});

test('media types that earlier releases took are kept, and served as bytes', async (t) => {
  const directory = await temporaryFolder(t);
  const types = ['image/bmp', 'image/jpg', 'IMAGE/JPEG', 'image/jpeg; q=1', 'image/svg+xml'];
  for (const [i, type] of types.entries()) {
    const folder = join(directory, 'collections', `type-${i}`);
    await cp(join(fixtures, 'data-447a4fb', 'collections', 'shop'), folder, { recursive: true });
    craft(join(folder, 'catalogue.sqlite'), `UPDATE items SET image_type = '${type}' WHERE label = 1`);
  }
  const gallery = await openGallery(t, { directory });
  for (const [i, type] of types.entries()) {
    assert.equal((await gallery.image(`type-${i}`, 'a')).mediaType, 'application/octet-stream', type);
    const path = join(directory, `${i}.snapshot`);
    await gallery.snapshot(`type-${i}`, path);
    await gallery.restore(`copy-${i}`, path);
    assert.equal((await gallery.image(`copy-${i}`, 'a')).mediaType, 'application/octet-stream', type);
  }
  const writing = await openGallery(t);
  await writing.create(settings('shop', 2));
  const image = Buffer.from('x');
  await assert.rejects(
    writing.upsert('shop', modelId, [item('a', [1, 0], { image, imageType: 'image/svg+xml' })]),
    { code: 'item-invalid' },
  );
});

// slow: starts processes
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { cp, readdir, readFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../../src/files/index.ts';
import type { Gallery } from '../../../src/gallery/index.ts';
import { inspectCollectionFile } from '../../../src/gallery/inspect/inspect-file.ts';
import { migrateCollection } from '../../../src/gallery/rebuild/migrate.ts';
import { openChecked, openCollectionFile } from '../../../src/gallery/storage/collection-file.ts';
import { Database } from '../../../src/gallery/storage/database.ts';
import { silentLogger } from '../../../src/log.ts';
import { craft, fixtures } from '../support/crafted.ts';
import { item, modelId, openGallery, settings, temporaryFolder } from '../support/gallery.ts';

const red = { filter: { field: 'label', equals: 'red' } } as const;
const query = Float32Array.of(1, 0, 0);

/** A data folder in the first format, or that of another fixture. */
async function oldFolder(
  t: TestContext,
  fixture = 'data-447a4fb',
): Promise<{ readonly directory: string; readonly file: string }> {
  const directory = await temporaryFolder(t);
  await cp(join(fixtures, fixture), directory, { recursive: true });
  return { directory, file: join(directory, 'collections', 'shop', 'catalogue.sqlite') };
}

function formatOf(file: string): number {
  const database = new Database(file, { readOnly: true });
  try {
    return database.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
  } finally {
    database.close();
  }
}

/** Everything that reads: a label is the class of a picture, a sequence number that of a change. */
async function assertServes(gallery: Gallery, name: string): Promise<void> {
  const { items, next } = await gallery.list(name, { limit: 1 });
  assert.deepEqual(
    items.map(({ id, label, sequence }) => ({ id, label, sequence })),
    [{ id: 'a', label: 'red', sequence: 1 }],
  );
  const rest = await gallery.list(name, { after: next ?? '' });
  assert.deepEqual(
    rest.items.map(({ id, label, sequence }) => ({ id, label, sequence })),
    [{ id: 'b/c.jpg', label: null, sequence: 2 }],
  );
  assert.deepEqual(
    (await gallery.list(name, red)).items.map(({ id }) => id),
    ['a'],
  );
  const first = await gallery.search(name, query, { k: 1 });
  assert.equal(first.hits[0]?.item.id, 'a');
  const second = await gallery.search(name, query, { after: first.next ?? '' });
  assert.deepEqual(
    second.hits.map(({ item: { id } }) => id),
    ['b/c.jpg'],
  );
  assert.deepEqual(
    (await gallery.search(name, query, red)).hits.map(({ item: { id } }) => id),
    ['a'],
  );
  assert.equal(Buffer.from((await gallery.image(name, 'a')).bytes).toString(), 'a picture');
  assert.equal(Buffer.from((await gallery.thumbnail(name, 'a')).bytes).toString(), 'a picture');
  assert.deepEqual(await gallery.vector(name, 'b/c.jpg'), Float32Array.of(0, 1, 0));
  assert.deepEqual([...(await gallery.hashes(name, ['b/c.jpg']))], [['b/c.jpg', '']]);
  assert.equal((await gallery.info(name)).reindex?.done, 1);
}

test('a data folder of the first format is brought to the present one: it serves, is written, re-indexed, copied', async (t) => {
  const { directory, file } = await oldFolder(t);
  const gallery = await openGallery(t, { directory });
  assert.equal(formatOf(file), 4);
  await assertServes(gallery, 'shop');
  const path = join(directory, 'shop.snapshot');
  await gallery.snapshot('shop', path);
  await gallery.restore('copy', path);
  await assertServes(gallery, 'copy');
  await gallery.upsert('shop', modelId, [item('new', [0, 0, 1], { label: 'blue' })]);
  await gallery.beginReembedding('shop', { modelId: 'b'.repeat(64), modelName: 'next', dimension: 2 });
  const pending = await gallery.itemsToReembed('shop', 10);
  assert.deepEqual(
    pending.map(({ id, sequence }) => [id, sequence]),
    [
      ['b/c.jpg', 2],
      ['new', 5],
    ],
  );
  const vectors = pending.map(({ id, sequence }) => ({ id, sequence, vector: Float32Array.of(sequence, 1) }));
  await gallery.storeReembedded('shop', vectors);
  assert.equal((await gallery.commitReembedding('shop')).dimension, 2);
  const { hits } = await gallery.search('shop', Float32Array.of(5, 1), { k: 1 });
  assert.deepEqual([hits[0]?.item.id, hits[0]?.item.label], ['new', 'blue']);
});

test('a snapshot of the first format is restored in the present one', async (t) => {
  const directory = await temporaryFolder(t);
  const gallery = await openGallery(t, { directory });
  await gallery.restore('copy', join(fixtures, 'shop-447a4fb.snapshot'));
  assert.equal(formatOf(join(directory, 'collections', 'copy', 'catalogue.sqlite')), 4);
  await assertServes(gallery, 'copy');
});

test('a migrated file has, to the letter, the tables of a new one', async (t) => {
  const { file } = await oldFolder(t);
  migrateCollection(file, silentLogger);
  openChecked(file).close();
  const directory = await temporaryFolder(t);
  await (await openGallery(t, { directory })).create(settings('fresh', 3));
  const textsOf = (path: string): unknown[] => {
    const database = new Database(path, { readOnly: true });
    const rows = database.all("SELECT name, sql FROM sqlite_schema WHERE name <> 'vectors_2' ORDER BY name");
    database.close();
    return rows.map((row) => ({ ...row }));
  };
  assert.deepEqual(textsOf(file), textsOf(join(directory, 'collections', 'fresh', 'catalogue.sqlite')));
});

test('no opening leaves a rollback journal for a kill to leave behind: those are refused', async (t) => {
  const { file } = await oldFolder(t);
  migrateCollection(file, silentLogger);
  const modes: unknown[] = [];
  const { exec } = Database.prototype;
  t.mock.method(Database.prototype, 'exec', function (this: Database, sql: string) {
    if (sql.includes('journal_mode = WAL')) modes.push(this.get('PRAGMA journal_mode'));
    exec.call(this, sql);
  });
  for (let time = 0; time < 2; time++) openCollectionFile(file).close();
  assert.deepEqual(
    modes.map((mode) => Object(mode).journal_mode),
    ['memory', 'wal'],
  );
});

test('a migration that is killed at any statement leaves a file that opens, and the next one is whole', async (t) => {
  const script = fileURLToPath(new URL('./migrate-child.js', import.meta.url));
  let last = 0;
  // Every third one: each starts a process.
  for (let statement = 1; ; statement += 3) {
    const { file } = await oldFolder(t);
    const { status, signal } = spawnSync(process.execPath, [script, file, String(statement)]);
    if (status === 0) break;
    assert.equal(signal, 'SIGKILL');
    inspectCollectionFile(file);
    migrateCollection(file, silentLogger);
    assert.equal(formatOf(file), 4);
    inspectCollectionFile(file);
    assert.deepEqual(
      (await readdir(dirname(file))).filter((name) => name.startsWith('rebuilt')),
      [],
    );
    last = statement;
  }
  assert.ok(last > 30, `the process has run only ${last} statements`);
});

test('a migration without room for the new file changes nothing, and says how much it takes', async (t) => {
  const { directory, file } = await oldFolder(t);
  const before = await readFile(file);
  t.mock.method(fs, 'statfsSync', () => ({ bavail: 1, bsize: 4096 }));
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  assert.throws(() => migrateCollection(file, silentLogger), {
    code: 'disk-full',
    message: /takes 17 MB of free space, of which there are 1\. Free some/,
  });
  assert.deepEqual(await readFile(file), before);
  assert.equal(
    (await openGallery(t, { directory, readOnly: true }).then((one) => one.info('shop'))).items,
    2,
  );
});

test('a large picture of an old file is kept in parts; one that has not its SHA-256 is an error, and is counted', async (t) => {
  const { directory, file } = await oldFolder(t, 'data-f63fc04');
  const picture = randomBytes(600 * 1024);
  const database = new Database(file);
  database.run('UPDATE images SET bytes = ?', picture);
  database.run('UPDATE items SET image_hash = ? WHERE sequence = 1', sha256(picture));
  database.run(
    "UPDATE items SET image_hash = ?, image_type = 'image/png' WHERE sequence = 2",
    'a'.repeat(64),
  );
  database.run("INSERT INTO images VALUES (2, x'00')");
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  const told: unknown[] = [];
  const log = {
    ...silentLogger,
    warn: (message: string, fields?: object) => told.push({ message, ...fields }),
  };
  const gallery = await openGallery(t, { directory, log });
  assert.match(
    JSON.stringify(told),
    /format 4: from now on .* damage from before cannot be seen.*"damaged":1/,
  );
  const stored = await gallery.picture('shop', 'a');
  const { sequence, mediaType, byteLength, parts } = stored;
  assert.deepEqual([sequence, mediaType, byteLength, parts], [1, 'image/png', picture.length, 3]);
  const sizes: number[] = [];
  const hash = createHash('sha256');
  for await (const part of gallery.pictureParts('shop', stored)) {
    sizes.push(part.length);
    hash.update(part);
  }
  assert.deepEqual(sizes, [262_144, 262_144, 90_112]);
  assert.equal(hash.digest('hex'), stored.hash);
  assert.deepEqual((await gallery.image('shop', 'a')).bytes, new Uint8Array(picture));
  await assert.rejects(gallery.image('shop', 'b/c.jpg'), { code: 'item-damaged' });
});

test('tables that are not those of the format that a file says it has are damage, before anything is changed', async (t) => {
  const { directory, file } = await oldFolder(t);
  craft(file, 'CREATE TABLE more (x)');
  const before = await readFile(file);
  const gallery = await openGallery(t, { directory });
  const [damaged] = await gallery.damaged();
  assert.match(damaged?.error.message ?? '', /table "more" of its own/);
  assert.deepEqual(await readFile(file), before);
});

test('a reader of the first format changes nothing, and goes on when a writer migrates the file beside it', async (t) => {
  const { directory, file } = await oldFolder(t);
  const before = await readFile(file);
  const reader = await openGallery(t, { directory, readOnly: true });
  await assertServes(reader, 'shop');
  assert.equal(formatOf(file), 1);
  assert.deepEqual(await readFile(file), before);
  const writer = await openGallery(t, { directory });
  assert.equal(formatOf(file), 4);
  await assertServes(reader, 'shop');
  await writer.upsert('shop', modelId, [item('new', [0, 0, 1])]);
  assert.equal((await reader.info('shop')).items, 3);
});

test('a reader makes a snapshot of the first format, which is restored', async (t) => {
  const { directory } = await oldFolder(t);
  const reader = await openGallery(t, { directory, readOnly: true });
  const path = join(directory, 'shop.snapshot');
  await reader.snapshot('shop', path);
  await reader.close();
  const gallery = await openGallery(t);
  await gallery.restore('copy', path);
  await assertServes(gallery, 'copy');
});

/** A data folder in the second format, whose items differ in the types of what they say. */
async function secondFormat(t: TestContext): Promise<{ readonly directory: string; readonly file: string }> {
  const { directory, file } = await oldFolder(t, 'data-f63fc04');
  const first = JSON.stringify({
    sku: '00123',
    n: 1.5,
    sold: true,
    tags: ['a', 1],
    none: null,
    in: { a: 1 },
  });
  const other = JSON.stringify({ n: 2, sku: 4006381333931, sold: false, 'q"\\': 1 });
  craft(
    file,
    `UPDATE items SET metadata = '${other}' WHERE id = 'b/c.jpg'; UPDATE items SET metadata = '${first}' WHERE id = 'a';
      DROP TABLE fields; PRAGMA user_version = 2`,
  );
  return { directory, file };
}

test('a data folder of the second format gets the types of its fields: those of several are text from then on', async (t) => {
  const { directory, file } = await secondFormat(t);
  const reader = await openGallery(t, { directory, readOnly: true });
  assert.deepEqual((await reader.info('shop')).fields, {});
  const snapshot = join(directory, 'old.snapshot');
  await reader.snapshot('shop', snapshot);
  const gallery = await openGallery(t, { directory });
  await gallery.restore('copy', snapshot);
  assert.equal(formatOf(file), 4);
  for (const name of ['shop', 'copy']) {
    const { fields } = await gallery.info(name);
    const wanted = { n: 'number', 'q"\\': 'number', sku: 'text', sold: 'boolean', tags: 'list' };
    assert.deepEqual(fields, wanted, name);
    assert.deepEqual((await gallery.get(name, 'b/c.jpg')).metadata['sku'], '4006381333931');
  }
  assert.equal((await reader.info('shop')).fields['sku'], 'text');
});

test('a folder of a newer program asks for that program', async (t) => {
  const { directory, file } = await oldFolder(t);
  craft(file, 'PRAGMA user_version = 5');
  const gallery = await openGallery(t, { directory });
  await assert.rejects(gallery.info('shop'), {
    code: 'gallery-damaged',
    message: /was written by a newer Snapshelf \(format 5, this one reads up to 4\): update Snapshelf\.$/,
  });
});

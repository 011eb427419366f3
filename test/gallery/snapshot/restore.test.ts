// slow: starts processes
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { openForeign } from '../../../src/gallery/snapshot/foreign-file.ts';
import { restoreSnapshot } from '../../../src/gallery/snapshot/restore-snapshot.ts';
import { runRestore } from '../../../src/gallery/snapshot/run-restore.ts';
import { Database } from '../../../src/gallery/storage/database.ts';
import { craftedDatabase, crafts, fixtures, wrap, writeCrafted } from '../support/crafted.ts';
import { item, modelId, openGallery, settings, temporaryFolder } from '../support/gallery.ts';

test('what commit 447a4fb wrote opens: a snapshot and a data folder, with a re-index half way', async (t) => {
  const directory = await temporaryFolder(t);
  await cp(join(fixtures, 'data-447a4fb'), directory, { recursive: true });
  const gallery = await openGallery(t, { directory });
  const progress: unknown[] = [];
  const restored = await gallery.restore('copy', join(fixtures, 'shop-447a4fb.snapshot'), {
    onProgress: (step) => progress.push(step),
  });
  assert.deepEqual(progress, [{ done: 2, total: 2 }]);
  const { memory } = restored;
  assert.deepEqual(
    { ...restored, name: 'shop' },
    { ...(await gallery.info('shop')), memory, placesRemoved: 0 },
  );
  assert.deepEqual(
    { items: restored.items, products: restored.products, sequence: restored.sequence },
    { items: 2, products: 2, sequence: 4 },
  );
  assert.equal(restored.reindex?.done, 1);
  assert.deepEqual((await gallery.list('copy')).items, (await gallery.list('shop')).items);
  assert.deepEqual(await gallery.image('copy', 'a'), await gallery.image('shop', 'a'));
  assert.deepEqual(await gallery.vector('copy', 'b/c.jpg'), Float32Array.of(0, 1, 0));
  // The re-index goes on where it was.
  await gallery.beginReembedding('copy', { modelId: 'b'.repeat(64), modelName: 'next', dimension: 2 });
  assert.deepEqual(
    (await gallery.itemsToReembed('copy', 10)).map(({ id }) => id),
    ['b/c.jpg'],
  );
  const {
    items: [written],
  } = await gallery.upsert('copy', modelId, [item('new', [1, 1, 1])]);
  assert.equal(written?.sequence, 5);
});

/** Restores as the process of a gallery does, but in this one: a process for each file takes longer than the look at it. */
async function restoreHere(t: TestContext, path: string): Promise<void> {
  await restoreSnapshot({ path, folder: await temporaryFolder(t) }, () => {});
}

test('the crafted file is a good one before it is crafted', async (t) => {
  const gallery = await openGallery(t);
  const path = join(await temporaryFolder(t), 'good.snapshot');
  for (const format of [1, 4]) {
    writeCrafted(path, 'SELECT 1', format);
    await restoreHere(t, path);
    assert.equal((await gallery.restore(`good${format}`, path)).items, 2);
  }
});

test('a snapshot that is anything but what this program writes is refused, and touches nothing', async (t) => {
  const parent = await temporaryFolder(t);
  const directory = join(parent, 'data');
  const path = join(parent, 'crafted.snapshot');
  const victim = join(parent, 'victim');
  await mkdir(join(victim, 'deep'), { recursive: true });
  const gallery = await openGallery(t, { directory });
  await gallery.create(settings('other', 2));
  for (const format of [4, 1])
    for (const [at, { name, sql, says }] of crafts.entries()) {
      // In the first format only what names a column that it calls otherwise.
      if (format === 1 && !sql.includes('label')) continue;
      writeCrafted(path, sql, format);
      // Some go the whole way.
      const refused = at % 8 === 0 ? gallery.restore('copy', path, { maxSeconds: 20 }) : restoreHere(t, path);
      await assert.rejects(refused, { code: 'snapshot-invalid', message: says }, `${name}, format ${format}`);
      assert.deepEqual(await readdir(join(directory, 'collections')), ['other'], name);
    }
  assert.deepEqual(await readdir(victim), ['deep']);
  assert.deepEqual(await gallery.damaged(), []);
  assert.equal((await gallery.info('other')).items, 0);
});

test('a header is read strictly', async (t) => {
  const path = join(await temporaryFolder(t), 'crafted.snapshot');
  const database = craftedDatabase('SELECT 1');
  const headers = [
    { version: 2 },
    { format: 'other' },
    { collection: '../shop' },
    { bytes: -1 },
    { bytes: database.length + 1 },
    { bytes: 1e300 },
    { sha256: 'x' },
    { more: 1 },
    { collection: 'x'.repeat(5000) },
  ];
  for (const header of headers) {
    await writeFile(path, wrap(database, header));
    await assert.rejects(restoreHere(t, path), { code: 'snapshot-invalid' }, JSON.stringify(header));
  }
});

test('a file cut or changed anywhere is refused or harmless: never a crash, never half a collection', async (t) => {
  const directory = await temporaryFolder(t);
  const gallery = await openGallery(t, { directory });
  const path = join(await temporaryFolder(t), 'crafted.snapshot');
  const whole = craftedDatabase('SELECT 1');
  const used = [...whole.keys()].filter((at) => whole[at] !== 0);
  let refused = 0;
  for (let round = 0; round < 16; round++) {
    const bytes = Buffer.from(whole);
    const at = used[(round * 7919) % used.length] ?? 0;
    bytes.fill(255, at, at + 1 + (round % 5));
    await writeFile(path, wrap(bytes));
    try {
      await restoreHere(t, path);
      const { items } = await gallery.restore('copy', path);
      assert.equal(items, 2);
      assert.equal((await gallery.list('copy')).items.length, 2);
      await gallery.drop('copy');
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'snapshot-invalid', String(error));
      refused += 1;
    }
    assert.deepEqual(await readdir(join(directory, 'collections')), []);
  }
  assert.ok(refused > 3, `only ${refused} refused`);
});

test('what the process may ask of a foreign file is a list: anything else is denied', async (t) => {
  const file = join(await temporaryFolder(t), 'foreign.sqlite');
  const denied = [
    'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c LIMIT 3',
    "SELECT load_extension('x')",
    "SELECT readfile('/etc/passwd')",
    'SELECT hex(zeroblob(100000000))',
    'SELECT one FROM state',
    'SELECT * FROM pragma_database_list',
    "ATTACH '/tmp/other.sqlite' AS other",
    'DELETE FROM items',
    'DELETE FROM main.items',
    'CREATE TEMP TABLE x (y)',
    "UPDATE main.items SET id = 'x'",
    'CREATE TABLE x (y)',
    'PRAGMA writable_schema = ON',
    'PRAGMA journal_mode',
  ];
  for (const format of [1, 4]) {
    await writeFile(file, craftedDatabase('SELECT 1', format));
    const foreign = openForeign(file);
    try {
      assert.equal(foreign.get<{ n: number }>('SELECT count(*) AS n FROM items')?.n, 2);
      for (const sql of denied) assert.throws(() => foreign.all(sql), Error, sql);
    } finally {
      foreign.close();
    }
  }
});

test('a process that takes too long, or too much memory, is killed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'snapshelf-restore-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const script = async (body: string): Promise<URL> => {
    const path = join(folder, `${body.length}.mjs`);
    await writeFile(path, `process.once('message', () => { ${body} });`);
    return new URL(`file://${path}`);
  };
  const task = { path: 'some.snapshot', folder };
  // Not endless: when nobody kills it, it must not stay for ever.
  const endless = await script('for (const end = Date.now() + 30_000; Date.now() < end; ) {}');
  await assert.rejects(runRestore(task, { limits: { seconds: 0.5, megabytes: 1024 } }, endless), {
    code: 'snapshot-invalid',
    message: /more than 0.5 s/,
  });
  const greedy = await script('const all = []; setInterval(() => all.push(Buffer.alloc(2e7, 1)), 5);');
  await assert.rejects(runRestore(task, { limits: { seconds: 60, megabytes: 300 } }, greedy), {
    code: 'snapshot-invalid',
    message: process.platform === 'win32' ? /./ : /more than 300 MiB/,
  });
  const quiet = await script('process.exit(3);');
  await assert.rejects(runRestore(task, { limits: { seconds: 60, megabytes: 300 } }, quiet), {
    code: 'snapshot-invalid',
    message: /ended with code 3/,
  });
});

test('a process whose parent was killed ends, whatever it is at', async (t) => {
  const directory = await temporaryFolder(t);
  const path = join(directory, 'large.snapshot');
  const gallery = await openGallery(t, { directory });
  await gallery.create(settings('shop', 2000));
  const items = Array.from({ length: 500 }, (_, i) =>
    item(`i${i}`, Array.from({ length: 2000 }, Math.random)),
  );
  for (let round = 0; round < 8; round++)
    await gallery.upsert(
      'shop',
      modelId,
      items.map((one) => ({ ...one, id: `${round} ${one.id}` })),
    );
  await gallery.snapshot('shop', path);
  const other = await temporaryFolder(t);
  const script = `
    import { Gallery } from ${JSON.stringify(new URL('../../../src/gallery/index.js', import.meta.url).href)};
    const gallery = await Gallery.open(${JSON.stringify(other)});
    console.log('open');
    await gallery.restore('copy', ${JSON.stringify(path)});`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // From now on: on a busy machine it may have ended before anybody looks.
  const ended = once(parent, 'exit');
  await once(parent.stdout, 'data');
  const root = join(other, 'collections');
  while ((await readdir(root)).length === 0) await setTimeout(1);
  parent.kill('SIGKILL');
  const [, signal] = await ended;
  if (signal !== 'SIGKILL') return t.skip('the restore was over before it could be killed');
  // What it leaves is no collection, and goes when the folder is opened.
  const after = await openGallery(t, { directory: other });
  assert.deepEqual(await after.collections(), []);
  assert.deepEqual(await readdir(root), []);
  await setTimeout(1500);
  assert.deepEqual(await readdir(root), []);
});

test('neither a folder nor a pipe nor a device is taken for a snapshot', async (t) => {
  const gallery = await openGallery(t);
  const folder = await temporaryFolder(t);
  const pipe = join(folder, 'pipe');
  const paths = [folder, join(folder, 'absent')];
  // Whoever opens a pipe waits until somebody writes.
  if (process.platform !== 'win32') {
    execFileSync('mkfifo', [pipe]);
    paths.push(pipe, '/dev/zero', '/dev/null');
  }
  for (const path of paths) {
    const refused = { code: 'snapshot-invalid', message: /no such file/ };
    await assert.rejects(gallery.restore('copy', path, { maxSeconds: 20 }), refused, path);
  }
});

test('a restored collection signs its cursors with a key that the snapshot does not hold', async (t) => {
  const directory = await temporaryFolder(t);
  const gallery = await openGallery(t, { directory });
  await gallery.create(settings('shop', 2));
  const path = join(directory, 'shop.snapshot');
  await gallery.snapshot('shop', path);
  await gallery.restore('copy', path);
  const keyOf = (name: string): unknown => {
    const database = new Database(join(directory, 'collections', name, 'catalogue.sqlite'), {
      readOnly: true,
    });
    const row = database.get<{ settings: string }>('SELECT settings FROM state');
    database.close();
    return (JSON.parse(row?.settings ?? '{}') as { cursorKey?: string }).cursorKey;
  };
  assert.match(String(keyOf('shop')), /^[0-9a-f]{64}$/);
  assert.match(String(keyOf('copy')), /^[0-9a-f]{64}$/);
  assert.notEqual(keyOf('shop'), keyOf('copy'));
  assert.ok(
    !(await readFile(path)).includes(String(keyOf('shop'))),
    'a snapshot is passed on: it has no key',
  );
});

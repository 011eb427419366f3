// slow: starts processes
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Gallery } from '../../../src/gallery/index.ts';
import type { Logger } from '../../../src/log.ts';
import { randomNumbers } from '../../../src/random.ts';
import { craft, crafts, fixtures, writeCraftedDatabase } from '../support/crafted.ts';
import { eager, indexed, item, modelId, openGallery, settings, temporaryFolder } from '../support/gallery.ts';

const random = randomNumbers(3);

/** A closed gallery of 200 items. */
async function filledFolder(t: TestContext): Promise<string> {
  const directory = await temporaryFolder(t);
  const gallery = await Gallery.open(directory, { exactSearchLimits: eager, indexThreads: 1 });
  await gallery.create(settings('shop', 4));
  const vector = (): number[] => [random(), random(), random(), random()];
  await gallery.upsert(
    'shop',
    modelId,
    Array.from({ length: 200 }, (_, i) => item(`i${i}`, vector())),
  );
  await indexed(gallery, 'shop');
  await gallery.close();
  return directory;
}

const catalogueOf = (directory: string, name = 'shop'): string =>
  join(directory, 'collections', name, 'catalogue.sqlite');

test('a damaged database is an error that names the file, never an empty answer', async (t) => {
  const directory = await filledFolder(t);
  const file = catalogueOf(directory);
  const whole = await readFile(file);
  const changed = (change: (copy: Buffer) => void): Buffer => {
    const copy = Buffer.from(whole);
    change(copy);
    return copy;
  };
  const damaged: Buffer[] = [
    Buffer.alloc(0),
    Buffer.alloc(20_000, 7),
    whole.subarray(0, 4096),
    whole.subarray(0, whole.length / 2),
    changed((copy) => copy.fill(0, 0, 16)),
    changed((copy) => copy.fill(255, 4096 * 2)),
    changed((copy) => copy.writeUInt32BE(99, 60)),
  ];
  const copies = await temporaryFolder(t);
  for (const [i, bytes] of [...damaged, whole].entries()) {
    const copy = catalogueOf(copies, `copy-${i}`);
    await mkdir(dirname(copy), { recursive: true });
    await writeFile(copy, bytes);
  }
  const gallery = await openGallery(t, { directory: copies });
  const found = await gallery.damaged();
  for (const i of damaged.keys()) {
    const { name, error } = found[i] ?? assert.fail(`copy-${i} is not damaged`);
    assert.deepEqual([name, error.code], [`copy-${i}`, 'gallery-damaged']);
    assert.ok(error.message.includes(catalogueOf(copies, name)), error.message);
    await assert.rejects(gallery.search(name, Float32Array.of(1, 0, 0, 0)), { code: 'gallery-damaged' });
  }
  assert.equal((await gallery.info(`copy-${damaged.length}`)).items, 200);
  await rm(file);
  const without = await openGallery(t, { directory });
  await assert.rejects(without.info('shop'), { code: 'gallery-damaged', message: /missing/ });
});

test('a damaged collection keeps no other from being served, and can be dropped', async (t) => {
  const directory = await filledFolder(t);
  const root = join(directory, 'collections');
  const before = await openGallery(t, { directory });
  await before.create(settings('bad', 2));
  await before.close();
  await writeFile(join(root, 'bad', 'catalogue.sqlite'), 'no database');
  const errors: string[] = [];
  for (const readOnly of [true, false]) {
    const gallery = await openGallery(t, { directory, readOnly, log: collecting(errors) });
    assert.deepEqual(
      (await gallery.collections()).map(({ name }) => name),
      ['shop'],
    );
    assert.deepEqual(
      (await gallery.damaged()).map(({ name, error }) => [name, error.code]),
      [['bad', 'gallery-damaged']],
    );
    const refused = { code: 'gallery-damaged' };
    await assert.rejects(gallery.info('bad'), refused);
    await assert.rejects(gallery.get('bad', 'a'), refused);
    await assert.rejects(gallery.search('bad', Float32Array.of(1, 0)), refused);
    assert.equal((await gallery.search('shop', Float32Array.of(1, 0, 0, 0))).hits.length, 10);
    if (readOnly) continue;
    await assert.rejects(gallery.create(settings('bad', 2)), refused);
    await assert.rejects(gallery.upsert('bad', modelId, [item('a', [1, 0])]), refused);
    await assert.rejects(gallery.restore('bad', join(directory, 'absent')), { code: 'collection-exists' });
    await gallery.drop('bad');
    assert.deepEqual(await gallery.damaged(), []);
    assert.deepEqual(await readdir(root), ['shop']);
    assert.equal((await gallery.create(settings('bad', 2))).items, 0);
  }
  assert.equal(errors.filter((message) => message.includes('bad cannot be served')).length, 2);
});

test('a reader notices when a damaged collection was mended, or damaged anew', async (t) => {
  const directory = await filledFolder(t);
  const file = catalogueOf(directory);
  const whole = await readFile(file);
  await writeFile(file, 'no database');
  const reader = await openGallery(t, { directory, readOnly: true });
  await assert.rejects(reader.info('shop'), { code: 'gallery-damaged' });
  await rm(file);
  await writeFile(file, whole);
  assert.equal((await reader.info('shop')).items, 200);
});

test('a copied data folder is as hostile as a snapshot: what it says becomes neither SQL nor a path', async (t) => {
  const parent = await temporaryFolder(t);
  await mkdir(join(parent, 'victim', 'deep'), { recursive: true });
  // Only a restore looks at every row: these are met where the item, its vector or its picture is read.
  const inRows = new Set([
    'a dimension of another length',
    'another number of products',
    'a vector that is not a number',
    'a vector that is cut off',
    'an item without a vector',
    'a vector without an item',
    'a vector of the re-index without an item',
    'a picture without an item',
    'an id that climbs',
    'an id with a control character',
    'an empty product',
    'a label of a megabyte',
    'a split that is none',
    'a picture that is a page',
    'a picture that is another',
    'a picture that is missing',
    'a thumbnail that is missing',
    'metadata that is no JSON',
    'metadata that is a list',
    'metadata of a megabyte',
    'a time that is none',
  ]);
  for (const format of [1, 4]) {
    const directory = join(parent, `data${format}`);
    const nameOf = (i: number): string => `craft${String(i).padStart(3, '0')}`;
    for (const [i, { sql }] of crafts.entries()) {
      const folder = join(directory, 'collections', nameOf(i));
      await mkdir(folder, { recursive: true });
      writeCraftedDatabase(join(folder, 'catalogue.sqlite'), sql, format);
    }
    const gallery = await openGallery(t, { directory });
    const damaged = new Map((await gallery.damaged()).map(({ name, error }) => [name, error.code]));
    for (const [i, { name }] of crafts.entries())
      assert.equal(damaged.get(nameOf(i)), inRows.has(name) ? undefined : 'gallery-damaged', name);
    await gallery.close();
  }
  assert.deepEqual(await readdir(join(parent, 'victim')), ['deep']);
});

test('damaged rows are errors where they are read: never another answer, never a page', async (t) => {
  const directory = await temporaryFolder(t);
  const rows = [
    "UPDATE items SET id = '../../etc/passwd' WHERE label = 1",
    "UPDATE items SET id = 'a' || char(27) WHERE label = 1",
    "UPDATE items SET product_id = '' WHERE label = 1",
    'UPDATE items SET item_label = hex(zeroblob(500000)) WHERE label = 1',
    "UPDATE items SET split = 'x' WHERE label = 1",
  ];
  const others = {
    page: "UPDATE items SET image_type = 'text/html' WHERE label = 1",
    broken: "UPDATE items SET metadata = '{' WHERE label = 1",
    huge: "UPDATE items SET metadata = json_object('a', hex(zeroblob(500000))) WHERE label = 1",
    nan: "UPDATE vectors_1 SET vector = x'0000c07f0000000000000000' WHERE label = 1",
  };
  for (const [name, sql] of [
    ...rows.map((sql, i) => [`row-${i}`, sql]),
    ...Object.entries(others),
  ] as const) {
    const folder = join('collections', name ?? '');
    await cp(join(fixtures, 'data-447a4fb', 'collections', 'shop'), join(directory, folder), {
      recursive: true,
    });
    craft(catalogueOf(directory, name), sql ?? '');
  }
  const gallery = await openGallery(t, { directory });
  const damage = { code: 'gallery-damaged' };
  for (const [i, sql] of rows.entries()) {
    await assert.rejects(gallery.list(`row-${i}`), damage, sql);
    await assert.rejects(gallery.search(`row-${i}`, Float32Array.of(1, 0, 0)), damage, sql);
  }
  await assert.rejects(gallery.image('page', 'a'), damage);
  await assert.rejects(gallery.get('broken', 'a'), damage);
  await assert.rejects(gallery.search('broken', Float32Array.of(1, 0, 0)), damage);
  await assert.rejects(gallery.list('huge'), damage);
  await assert.rejects(gallery.search('nan', Float32Array.of(1, 0, 0)), damage);
  await assert.rejects(gallery.vector('nan', 'a'), damage);
});

/** A rollback journal that names a super-journal (https://sqlite.org/fileformat2.html#the_rollback_journal). */
function journalNaming(path: string, pages: number): Buffer {
  const magic = Buffer.from('d9d505f920a163d7', 'hex');
  const header = Buffer.alloc(512);
  magic.copy(header);
  for (const [i, value] of [0, 1, pages, 512, 4096].entries()) header.writeUInt32BE(value, 8 + 4 * i);
  const name = Buffer.from(path);
  const end = Buffer.alloc(12 + name.length);
  end.writeUInt32BE(0x40000000 / 4096 + 1);
  name.copy(end, 4);
  end.writeUInt32BE(name.length, 4 + name.length);
  end.writeUInt32BE(
    name.reduce((sum, byte) => sum + byte, 0),
    8 + name.length,
  );
  return Buffer.concat([header, end, magic]);
}

test('a journal beside a database has no other file removed', async (t) => {
  const directory = await temporaryFolder(t);
  const victim = join(await temporaryFolder(t), 'victim');
  await writeFile(victim, 'precious');
  await cp(join(fixtures, 'data-447a4fb'), directory, { recursive: true });
  const file = catalogueOf(directory);
  await writeFile(`${file}-journal`, journalNaming(victim, (await stat(file)).size / 4096));
  const gallery = await openGallery(t, { directory });
  await assert.rejects(gallery.info('shop'), { code: 'gallery-damaged', message: /journal/ });
  await gallery.close();
  await cp(file, join(directory, 'lock.sqlite'));
  await writeFile(
    join(directory, 'lock.sqlite-journal'),
    journalNaming(victim, (await stat(file)).size / 4096),
  );
  await assert.rejects(Gallery.open(directory), { code: 'gallery-damaged', message: /lock\.sqlite/ });
  assert.equal(await readFile(victim, 'utf8'), 'precious');
});

test('a link where the data folder is written to is refused, and its target left alone', async (t) => {
  const victim = join(await temporaryFolder(t), 'victim');
  for (const name of [
    'collections',
    'models',
    'evaluations',
    'lock.sqlite',
    'lock.json',
    'server.json.tmp',
  ]) {
    const directory = await temporaryFolder(t);
    await writeFile(victim, 'precious');
    await symlink(victim, join(directory, name));
    await assert.rejects(Gallery.open(directory), { code: 'gallery-damaged', message: /link/ }, name);
    assert.equal(await readFile(victim, 'utf8'), 'precious', name);
  }
});

test('links in a data folder lead nowhere', async (t) => {
  const directory = await filledFolder(t);
  const elsewhere = await temporaryFolder(t);
  const root = join(directory, 'collections');
  await cp(join(root, 'shop'), join(elsewhere, 'shop'), { recursive: true });
  await symlink(join(elsewhere, 'shop'), join(root, 'linked'));
  await mkdir(join(root, 'inside'));
  await symlink(join(elsewhere, 'shop', 'catalogue.sqlite'), join(root, 'inside', 'catalogue.sqlite'));
  await cp(join(root, 'shop'), join(root, 'index'), { recursive: true });
  await rm(join(root, 'index', 'index-1'), { recursive: true });
  await symlink(elsewhere, join(root, 'index', 'index-1'));
  await cp(join(root, 'shop'), join(root, 'deep'), { recursive: true });
  await symlink(join(elsewhere, 'shop', 'catalogue.sqlite'), join(root, 'deep', 'index-1', 'index.json.tmp'));
  const gallery = await openGallery(t, { directory });
  assert.deepEqual(
    (await gallery.damaged()).map(({ name }) => name),
    ['deep', 'index', 'inside', 'linked'],
  );
  for (const name of ['deep', 'index', 'inside', 'linked']) await gallery.drop(name);
  assert.deepEqual(await readdir(elsewhere), ['shop']);
  assert.ok((await readdir(join(elsewhere, 'shop'))).includes('catalogue.sqlite'));
});

test('flipped bits are noticed, or do no harm', async (t) => {
  const whole = await readFile(catalogueOf(await filledFolder(t)));
  const directory = await temporaryFolder(t);
  const flipped = new Map<string, number>();
  for (let round = 0; round < 40; round++) {
    const copy = Buffer.from(whole);
    const at = round < 20 ? round * 3 : Math.floor(random() * copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    const file = join(directory, 'collections', `copy-${round}`, 'catalogue.sqlite');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, copy);
    flipped.set(`copy-${round}`, at);
  }
  await mkdir(join(directory, 'collections', 'sound'));
  await writeFile(join(directory, 'collections', 'sound', 'catalogue.sqlite'), whole);
  const gallery = await openGallery(t, { directory });
  assert.equal((await gallery.info('sound')).items, 200);
  for (const [name, at] of flipped) {
    const answer = await gallery
      .search(name, Float32Array.of(1, 0, 0, 0), { k: 1000 })
      .catch((error) => error);
    // An item that is damaged is left out, and counted.
    const outcome = answer.hits === undefined ? answer.code : answer.hits.length + (answer.damaged ?? 0);
    assert.ok([200, 'gallery-damaged'].includes(outcome), `byte ${at}: ${outcome}`);
  }
});

test('an index file that is missing, damaged or stale is noticed and built anew, with a log line', async (t) => {
  const original = join(await filledFolder(t), 'collections', 'shop');
  const files = await readdir(join(original, 'index-1'));
  assert.ok(files.length >= 3);
  const directory = await temporaryFolder(t);
  const names = ['missing', ...files.keys()].map((what) => `index-${what}`);
  for (const [i, name] of names.entries()) {
    const folder = join(directory, 'collections', name);
    await cp(original, folder, { recursive: true });
    if (i === 0) await rm(join(folder, 'index-1'), { recursive: true });
    else await truncate(join(folder, 'index-1', files[i - 1] ?? ''), 10);
  }
  const warnings: string[] = [];
  const gallery = await openGallery(t, { directory, exactSearchLimits: eager, log: collecting(warnings) });
  for (const name of names) {
    assert.equal((await gallery.search(name, Float32Array.of(1, 0, 0, 0), { k: 200 })).hits.length, 200);
    await indexed(gallery, name);
    assert.equal((await gallery.info(name)).index.indexed, 200);
  }
  assert.equal(warnings.length, names.length, warnings.join('\n'));
});

test('an index that is behind catches up: additions, changes and deletions', async (t) => {
  const directory = await filledFolder(t);
  const index = join(directory, 'collections', 'shop', 'index-1');
  const saved = await temporaryFolder(t);
  await cp(index, saved, { recursive: true });
  const first = await Gallery.open(directory, { exactSearchLimits: eager, indexThreads: 1 });
  await first.upsert('shop', modelId, [item('new', [9, 0, 0, 0]), item('i0', [0, 9, 0, 0])]);
  await first.delete('shop', ['i1']);
  await first.close();
  await rm(index, { recursive: true });
  await cp(saved, index, { recursive: true });

  const warnings: string[] = [];
  const gallery = await openGallery(t, { directory, exactSearchLimits: eager, log: collecting(warnings) });
  await indexed(gallery, 'shop');
  assert.equal((await gallery.info('shop')).index.indexed, 200);
  const best = async (...vector: number[]): Promise<string | undefined> =>
    (await gallery.search('shop', Float32Array.from(vector), { k: 1 })).hits[0]?.item.id;
  assert.deepEqual([await best(1, 0, 0, 0), await best(0, 1, 0, 0)], ['new', 'i0']);
  assert.deepEqual(warnings, []);
});

test('a second writer is refused by the number of the process; readers are welcome', async (t) => {
  const directory = await filledFolder(t);
  const gallery = await openGallery(t, { directory, exactSearchLimits: eager });
  await assert.rejects(Gallery.open(directory), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'gallery-locked');
    assert.ok(error.message.includes(String(process.pid)));
    return true;
  });
  const reader = await openGallery(t, { directory, readOnly: true, exactSearchLimits: eager });
  await gallery.upsert('shop', modelId, [item('new', [9, 0, 0, 0])]);
  await gallery.delete('shop', ['i0']);
  const { hits } = await reader.search('shop', Float32Array.of(1, 0, 0, 0), { k: 1000 });
  assert.equal(hits[0]?.item.id, 'new');
  assert.ok(hits.every((hit) => hit.item.id !== 'i0'));
  await gallery.create(settings('second', 2));
  assert.deepEqual(
    (await reader.collections()).map(({ name }) => name),
    ['second', 'shop'],
  );
  await gallery.drop('second');
  await gallery.create(settings('second', 3));
  assert.equal((await reader.info('second')).dimension, 3);
  await gallery.drop('second');
  await assert.rejects(reader.info('second'), { code: 'collection-not-found' });
  await assert.rejects(reader.delete('shop', ['i1']), { code: 'read-only' });
});

test('the lock goes with a process that is killed', async (t) => {
  const directory = await filledFolder(t);
  const script = `
    import { Gallery } from ${JSON.stringify(new URL('../../../src/gallery/index.js', import.meta.url).href)};
    await Gallery.open(${JSON.stringify(directory)});
    console.log('open');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await assert.rejects(Gallery.open(directory), {
    code: 'gallery-locked',
    details: { directory, pid: child.pid },
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const gallery = await openGallery(t, { directory });
  assert.equal((await gallery.info('shop')).items, 200);
});

test('what is asked after closing is refused, what was asked before is answered', async (t) => {
  const directory = await filledFolder(t);
  const gallery = await Gallery.open(directory);
  const pending = gallery.search('shop', Float32Array.of(1, 0, 0, 0), { exact: true });
  const closed = gallery.close();
  assert.equal((await pending).hits.length, 10);
  await closed;
  await assert.rejects(gallery.info('shop'), { code: 'closed' });
  await gallery.close();
});

function collecting(warnings: string[]): Logger {
  const nothing = (): void => {};
  return {
    debug: nothing,
    info: nothing,
    warn: (message) => warnings.push(message),
    error: (message) => warnings.push(message),
  };
}

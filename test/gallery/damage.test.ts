import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Gallery } from '../../src/gallery/index.ts';
import type { Logger } from '../../src/log.ts';
import { randomNumbers } from '../../src/random.ts';
import { eager, indexed, item, modelId, openGallery, settings, temporaryFolder } from './support.ts';

const random = randomNumbers(3);

/** A closed gallery of 200 items. */
async function filledFolder(t: TestContext): Promise<string> {
  const directory = await temporaryFolder(t);
  const gallery = await Gallery.open(directory, { thresholds: eager });
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

const catalogueOf = (directory: string): string => join(directory, 'collections', 'shop', 'catalogue.sqlite');

/** A data folder whose one collection has these bytes for a database. */
async function folderWith(t: TestContext, bytes: Uint8Array): Promise<string> {
  const copy = await temporaryFolder(t);
  const file = catalogueOf(copy);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
  return copy;
}

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
  for (const bytes of damaged) {
    const copy = await folderWith(t, bytes);
    await assert.rejects(Gallery.open(copy), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'gallery-damaged');
      assert.ok(error.message.includes(catalogueOf(copy)), error.message);
      return true;
    });
  }
  const sound = await openGallery(t, { directory: await folderWith(t, whole) });
  assert.equal((await sound.info('shop')).items, 200);
  await rm(file);
  await assert.rejects(Gallery.open(directory), { code: 'gallery-damaged' });
});

test('flipped bits are noticed, or do no harm', async (t) => {
  const directory = await filledFolder(t);
  const file = catalogueOf(directory);
  const whole = await readFile(file);
  for (let round = 0; round < 40; round++) {
    const copy = Buffer.from(whole);
    const at = round < 20 ? round * 3 : Math.floor(random() * copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    const outcome = await Gallery.open(await folderWith(t, copy)).then(
      async (gallery) => {
        const answer = await gallery
          .search('shop', Float32Array.of(1, 0, 0, 0), { k: 1000 })
          .catch((error) => error);
        await gallery.close();
        return answer.hits?.length ?? answer.code;
      },
      (error) => error.code,
    );
    assert.ok([200, 'gallery-damaged'].includes(outcome), `byte ${at}: ${outcome}`);
  }
});

test('an index file that is missing, damaged or stale is noticed and built anew, with a log line', async (t) => {
  const original = await filledFolder(t);
  const index = join('collections', 'shop', 'index-1');
  const files = await readdir(join(original, index));
  assert.ok(files.length >= 3);
  const harm: [string, (folder: string) => Promise<void>][] = [
    ['missing', (folder) => rm(join(folder, index), { recursive: true })],
    ...files.map((name): [string, (folder: string) => Promise<void>] => [
      `${name} truncated`,
      (folder) => truncate(join(folder, index, name), 10),
    ]),
  ];
  for (const [what, spoil] of harm) {
    const directory = await temporaryFolder(t);
    await cp(original, directory, { recursive: true });
    await spoil(directory);
    const warnings: string[] = [];
    const gallery = await openGallery(t, { directory, thresholds: eager, log: collecting(warnings) });
    assert.equal((await gallery.search('shop', Float32Array.of(1, 0, 0, 0), { k: 200 })).hits.length, 200);
    await indexed(gallery, 'shop');
    assert.equal((await gallery.info('shop')).index.indexed, 200);
    assert.equal(warnings.length, 1, what);
  }
});

test('an index that is behind catches up: additions, changes and deletions', async (t) => {
  const directory = await filledFolder(t);
  const index = join(directory, 'collections', 'shop', 'index-1');
  const saved = await temporaryFolder(t);
  await cp(index, saved, { recursive: true });
  const first = await Gallery.open(directory, { thresholds: eager });
  await first.upsert('shop', modelId, [item('new', [9, 0, 0, 0]), item('i0', [0, 9, 0, 0])]);
  await first.delete('shop', ['i1']);
  await first.close();
  await rm(index, { recursive: true });
  await cp(saved, index, { recursive: true });

  const warnings: string[] = [];
  const gallery = await openGallery(t, { directory, thresholds: eager, log: collecting(warnings) });
  await indexed(gallery, 'shop');
  assert.equal((await gallery.info('shop')).index.indexed, 200);
  const best = async (...vector: number[]): Promise<string | undefined> =>
    (await gallery.search('shop', Float32Array.from(vector), { k: 1 })).hits[0]?.item.id;
  assert.deepEqual([await best(1, 0, 0, 0), await best(0, 1, 0, 0)], ['new', 'i0']);
  assert.deepEqual(warnings, []);
});

test('a second writer is refused by the number of the process; readers are welcome', async (t) => {
  const directory = await filledFolder(t);
  const gallery = await openGallery(t, { directory, thresholds: eager });
  await assert.rejects(Gallery.open(directory), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'gallery-locked');
    assert.ok(error.message.includes(String(process.pid)));
    return true;
  });
  const reader = await openGallery(t, { directory, readOnly: true, thresholds: eager });
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
    import { Gallery } from ${JSON.stringify(new URL('../../src/gallery/index.js', import.meta.url).href)};
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
  return { debug: nothing, info: nothing, warn: (message) => warnings.push(message), error: nothing };
}

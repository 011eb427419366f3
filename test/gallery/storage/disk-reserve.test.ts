// slow: fills a disk
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ItemInput } from '../../../src/engine/index.ts';
import { SnapshelfError } from '../../../src/errors.ts';
import type { Gallery } from '../../../src/gallery/index.ts';
import { DiskReserve, reserveName } from '../../../src/gallery/storage/disk-reserve.ts';
import { silentLogger } from '../../../src/log.ts';
import { item, modelId, openGallery, settings, temporaryFolder } from '../support/gallery.ts';

test('a reserve is given up once when the disk is full, and grows for pictures', async (t) => {
  const directory = await temporaryFolder(t);
  const reserve = new DiskReserve(directory, silentLogger);
  const file = join(directory, reserveName);
  assert.equal(existsSync(file), false);
  reserve.prepare();
  assert.equal(statSync(file).size, 4 * 2 ** 20);
  reserve.prepareFor(2 ** 20);
  assert.equal(statSync(file).size, 6 * 2 ** 20);
  const full = new SnapshelfError('disk-full', 'The disk is full.');
  let calls = 0;
  const work = (): string => {
    calls += 1;
    if (existsSync(file)) throw full;
    return 'done';
  };
  assert.equal(DiskReserve.use(reserve, work), 'done');
  assert.equal(calls, 2);
  const always = (): never => {
    throw full;
  };
  assert.throws(() => DiskReserve.use(reserve, always), full);
  reserve.refill();
  assert.equal(statSync(file).size, 6 * 2 ** 20);
});

test('a folder that is gone ends no thread, which looks at the reserve in idle time', async (t) => {
  const directory = await temporaryFolder(t);
  const reserve = new DiskReserve(directory, silentLogger);
  rmSync(directory, { recursive: true });
  reserve.refill();
  assert.equal(existsSync(directory), false);
});

/** A folder on a disk of 24 MB; undefined where none can be mounted. */
async function smallDisk(t: TestContext): Promise<string | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'snapshelf-full-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', directory]);
  t.after(() => {
    if (mounted.status === 0) spawnSync('umount', ['-l', directory]);
    rmSync(directory, { recursive: true, force: true });
  });
  if (mounted.status === 0) return directory;
  t.skip('no small disk can be mounted here');
  return undefined;
}

const image = Buffer.alloc(400_000, 7);
const pictured = (id: string, x: number): ItemInput => item(id, [1, x], { image, imageType: 'image/png' });

/** Stores items with pictures until there is no room; returns their number. */
async function fill(gallery: Gallery): Promise<number> {
  for (let stored = 0; ; stored++)
    try {
      await gallery.upsert('shop', modelId, [pictured(`i${stored}`, stored)]);
    } catch (error) {
      assert.equal(Object(error).code, 'disk-full');
      return stored;
    }
}

/** Another program takes what is left of a disk, to the last block. */
const takeRest = (directory: string): unknown =>
  spawnSync('sh', ['-c', 'cat /dev/zero >> "$0"', join(directory, 'filler')]);

test('on a disk that others keep filling every deletion works, and what is stored takes the place of what was deleted', async (t) => {
  const directory = await smallDisk(t);
  if (directory === undefined) return;
  const gallery = await openGallery(t, { directory: join(directory, 'data') });
  await gallery.create(settings('shop', 2));
  const stored = await fill(gallery);
  assert.ok(stored > 20, `${stored}`);
  for (let i = 0; i < 8; i++) {
    takeRest(directory);
    assert.equal(await gallery.delete('shop', [`i${i}`]), 1, `i${i}`);
  }
  const placed = ['new0', 'new1', 'new2'];
  for (const id of placed) {
    takeRest(directory);
    await gallery.upsert('shop', modelId, [pictured(id, 0)]);
  }
  takeRest(directory);
  // More than the reserve holds at once.
  const rest = Array.from({ length: stored - 8 }, (_, i) => `i${i + 8}`);
  assert.equal(await gallery.delete('shop', rest), rest.length);
  assert.equal((await gallery.info('shop')).items, placed.length);
  assert.equal((await gallery.search('shop', Float32Array.of(1, 0), { k: 9 })).hits.length, placed.length);
});

test('a deletion that fits into the log has the reserve to write the log back', async (t) => {
  const directory = await smallDisk(t);
  if (directory === undefined) return;
  const gallery = await openGallery(t, { directory: join(directory, 'data') });
  await gallery.create(settings('shop', 2));
  await gallery.upsert('shop', modelId, [item('small', [1, 0])]);
  // The log was written back once, after ten or eleven of them, and keeps its size; the last are in it alone.
  for (let i = 0; i < 14; i++) await gallery.upsert('shop', modelId, [pictured(`i${i}`, i)]);
  takeRest(directory);
  assert.equal(await gallery.delete('shop', ['small']), 1);
  assert.equal((await gallery.info('shop')).items, 14);
});

test('on a full disk writes are refused, deletions and a restart work, searches go on', async (t) => {
  const directory = await smallDisk(t);
  if (directory === undefined) return;
  const data = join(directory, 'data');
  const open = () => openGallery(t, { directory: data });
  let gallery = await open();
  await gallery.create(settings('shop', 2));
  const stored = await fill(gallery);
  assert.ok(stored > 10, `${stored}`);
  takeRest(directory);
  assert.equal((await gallery.search('shop', Float32Array.of(1, 0), { k: 5 })).hits.length, 5);
  await gallery.close();
  gallery = await open();
  assert.equal((await gallery.search('shop', Float32Array.of(1, 0), { k: 5 })).hits.length, 5);
  assert.equal(await gallery.delete('shop', ['i1', 'i2', 'i3']), 3);
  assert.equal((await gallery.info('shop')).items, stored - 3);
  await gallery.upsert('shop', modelId, [item('new', [1, 0])]);
});

// slow: fills a disk
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SnapshelfError } from '../../../src/errors.ts';
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

test('on a full disk writes are refused, deletions and a restart work, searches go on', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'snapshelf-full-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', directory]);
  if (mounted.status !== 0) return t.skip('no small disk can be mounted here');
  t.after(() => {
    spawnSync('umount', ['-l', directory]);
    rmSync(directory, { recursive: true, force: true });
  });
  const data = join(directory, 'data');
  const open = () => openGallery(t, { directory: data });
  let gallery = await open();
  await gallery.create(settings('shop', 2));
  const image = Buffer.alloc(400_000, 7);
  let stored = 0;
  await assert.rejects(
    async () => {
      for (; ; stored++)
        await gallery.upsert('shop', modelId, [
          item(`i${stored}`, [1, stored], { image, imageType: 'image/png' }),
        ]);
    },
    { code: 'disk-full' },
  );
  assert.ok(stored > 10, `${stored}`);
  spawnSync('dd', ['if=/dev/zero', `of=${join(directory, 'filler')}`, 'bs=4k']);
  assert.equal((await gallery.search('shop', Float32Array.of(1, 0), { k: 5 })).hits.length, 5);
  await gallery.close();
  gallery = await open();
  assert.equal((await gallery.search('shop', Float32Array.of(1, 0), { k: 5 })).hits.length, 5);
  assert.equal(await gallery.delete('shop', ['i1', 'i2', 'i3']), 3);
  assert.equal((await gallery.info('shop')).items, stored - 3);
  await gallery.upsert('shop', modelId, [item('new', [1, 0])]);
});

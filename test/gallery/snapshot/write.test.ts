// slow: starts processes
import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { item, modelId, openGallery, settings, temporaryFolder } from '../support/gallery.ts';

test('a snapshot restores everything under another name, in another gallery', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'deep', 'shop.snapshot');
  const gallery = await openGallery(t);
  await gallery.create(settings('shop', 2));
  const image = Buffer.from('picture');
  await gallery.upsert('shop', modelId, [
    item('a', [1, 0], { image, imageType: 'image/png', thumbnail: image, metadata: { price: 3 } }),
    item('b', [0, 1]),
  ]);
  await gallery.delete('shop', ['b']);
  const report = await gallery.snapshot('shop', path);
  assert.equal(report.bytes, (await stat(path)).size);
  assert.deepEqual(await readdir(join(folder, 'deep')), ['shop.snapshot']);

  const other = await openGallery(t);
  const restored = await other.restore('copy', path);
  const { memory } = restored;
  assert.deepEqual(
    { ...restored, name: 'shop' },
    { ...(await gallery.info('shop')), memory, placesRemoved: 0 },
  );
  assert.deepEqual((await other.list('copy')).items, (await gallery.list('shop')).items);
  assert.deepEqual(await other.image('copy', 'a'), await gallery.image('shop', 'a'));
  assert.deepEqual(await other.vector('copy', 'a'), Float32Array.of(1, 0));
  const {
    items: [written],
  } = await other.upsert('copy', modelId, [item('c', [1, 1])]);
  assert.equal(written?.sequence, 4);
  await assert.rejects(other.restore('copy', path), { code: 'collection-exists' });
});

test('anything but a whole snapshot is refused, and leaves nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const directory = await temporaryFolder(t);
  const path = join(folder, 'shop.snapshot');
  const gallery = await openGallery(t, { directory });
  await gallery.create(settings('shop', 2));
  await gallery.upsert('shop', modelId, [item('a', [1, 0])]);
  await gallery.snapshot('shop', path);
  const whole = await readFile(path);
  const flipped = (at: number): Buffer => {
    const copy = Buffer.from(whole);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  };
  const foreign = Buffer.from('{"format":"snapshelf-snapshot","version":2}\n');
  const damaged = [
    Buffer.alloc(0),
    Buffer.alloc(10_000, 'x'),
    foreign,
    whole.subarray(0, whole.length - 1),
    Buffer.concat([whole, Buffer.from('x')]),
    ...[5, 30, 500, 5000, whole.length - 1].map(flipped),
  ];
  for (const bytes of damaged) {
    await writeFile(path, bytes);
    await assert.rejects(gallery.restore('copy', path), { code: 'snapshot-invalid' });
  }
  await assert.rejects(gallery.restore('copy', join(folder, 'absent')), { code: 'snapshot-invalid' });
  assert.deepEqual(await readdir(join(directory, 'collections')), ['shop']);
});

// slow: starts processes
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkCollections, Gallery } from '../../../src/gallery/index.ts';
import { openCollectionFile } from '../../../src/gallery/storage/collection-file.ts';
import { Database } from '../../../src/gallery/storage/database.ts';
import { deleteItems, upsertItems } from '../../../src/gallery/storage/writes.ts';
import { item, modelId, openGallery, settings, temporaryFolder } from '../support/gallery.ts';

const picture = (i: number): Buffer => createHash('sha512').update(`${i}`).digest();
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('a check finds what was damaged, a repair puts it aside and keeps the rest', async (t) => {
  const directory = await temporaryFolder(t);
  {
    await using gallery = await Gallery.open(directory);
    await gallery.create(settings('shop', 4));
    const items = Array.from({ length: 20 }, (_, i) =>
      item(`i${i}`, [i + 0.25, 1, 2, 3], {
        metadata: { price: i + 1000 },
        image: picture(i),
        imageType: 'image/png',
        imageHash: hash(picture(i)),
        thumbnail: picture(i + 100),
      }),
    );
    await gallery.upsert('shop', modelId, items);
  }
  assert.deepEqual(
    checkCollections(directory).map(({ name, state }) => [name, state]),
    [['shop', 'clean']],
  );
  const file = join(directory, 'collections', 'shop', 'catalogue.sqlite');
  const bytes = await readFile(file);
  for (const part of [
    Buffer.from(Float32Array.of(5.25, 1).buffer),
    Buffer.from('1007}'),
    picture(9),
    picture(111),
  ]) {
    const at = bytes.indexOf(part);
    assert.ok(at > 0);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
  }
  await writeFile(file, bytes);
  const told = (repair: boolean): unknown => {
    const [checked] = checkCollections(directory, { repair });
    return [checked?.state, checked?.findings.map(({ what, id }) => [what, id])];
  };
  const found = [
    ['vector', 'i5'],
    ['item', 'i7'],
    ['picture', 'i9'],
    ['thumbnail', 'i11'],
  ];
  assert.deepEqual(told(false), ['damaged', found]);
  assert.deepEqual(await readFile(file), bytes);
  assert.deepEqual(told(true), ['repaired', found]);
  {
    using database = new Database(file, { readOnly: true });
    const origins = database.all<{ origin: string }>(
      'SELECT DISTINCT origin FROM quarantine ORDER BY origin',
    );
    assert.deepEqual(
      origins.map(({ origin }) => origin),
      ['images', 'items', 'thumbnails', 'vectors_1'],
    );
  }
  // What has to be made anew of a picture is still told.
  const gallery = await openGallery(t, { directory });
  await assert.rejects(gallery.get('shop', 'i7'), { code: 'item-not-found' });
  await assert.rejects(gallery.image('shop', 'i9'), { code: 'image-not-stored' });
  assert.deepEqual([...(await gallery.hashes('shop', ['i9']))], [['i9', '']]);
  assert.equal((await gallery.list('shop')).damaged, undefined);
  assert.equal((await gallery.info('shop')).items, 19);
  assert.throws(() => checkCollections(directory, { repair: true }), {
    code: 'gallery-locked',
    message: /stop that process/,
  });
});

const secret = Buffer.from('a secret that nobody is to find again');
const secretItem = item('gone', [0, 1], {
  image: Buffer.concat(Array.from({ length: 9000 }, () => secret)),
  imageType: 'image/png',
  thumbnail: secret,
  metadata: { note: 'words of a secret' },
});

/** True if a file in a folder, or below it, has the secret. */
async function holdsSecret(directory: string): Promise<boolean> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== 'reserve');
  const all = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name))));
  return all.some((bytes) => bytes.includes('a secret'));
}

test('what is deleted is not in the files of the collection any more', async (t) => {
  const directory = await temporaryFolder(t);
  const gallery = await openGallery(t, { directory });
  await gallery.create(settings('shop', 2));
  await gallery.upsert('shop', modelId, [item('kept', [1, 0]), secretItem]);
  assert.equal(await holdsSecret(directory), true);
  await gallery.delete('shop', ['gone']);
  assert.equal(await holdsSecret(directory), false);
});

test('what was deleted when a process was killed is gone when the collection is opened again', async (t) => {
  const directory = await temporaryFolder(t);
  {
    await using gallery = await Gallery.open(directory);
    await gallery.create(settings('shop', 2));
  }
  const file = join(directory, 'collections', 'shop', 'catalogue.sqlite');
  const killed = await temporaryFolder(t);
  {
    using database = openCollectionFile(file);
    upsertItems(database, [secretItem]);
    deleteItems(database, ['gone']);
    // The files as a kill between the commit and the emptying of the log would leave them.
    await cp(directory, killed, { recursive: true });
  }
  assert.equal(await holdsSecret(killed), true);
  const gallery = await openGallery(t, { directory: killed });
  assert.equal((await gallery.info('shop')).items, 0);
  assert.equal(await holdsSecret(killed), false);
});

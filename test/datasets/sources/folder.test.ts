import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { readSource } from '../../../src/datasets/index.ts';
import { shared } from '../../support/repository.ts';

let root = '';
beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'snapshelf-folder-')), 'shop');
  await mkdir(root);
});
afterEach(() => rm(dirname(root), { recursive: true }));

async function put(...names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), 'x');
  }
}

const idsOf = async (): Promise<string[]> => (await readSource(root)).samples.map(({ id }) => id);

test('pictures at any depth, with their folder as label and product', async () => {
  await put('b/c/2.JPG', 'b/1.webp', 'a.png', 'b/c/notes.txt', 'b/c/3.jpeg.part');
  const { source, samples, skipped } = await readSource(root);
  assert.equal(source, root);
  assert.equal(skipped, 2);
  assert.deepEqual(samples, [
    { id: 'a.png', path: join(root, 'a.png'), label: 'shop' },
    { id: 'b/1.webp', path: join(root, 'b/1.webp'), label: 'b' },
    { id: 'b/c/2.JPG', path: join(root, 'b/c/2.JPG'), label: 'b/c' },
  ]);
});

test('every picture once, sorted by code units, whatever the names', async () => {
  const name = fc.stringMatching(/^[a-zA-Z0-9 äéß貓_-]{1,6}$/).map((text) => text.normalize());
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => `${parts.join('/')}.jpg`);
  const paths = fc.uniqueArray(path, { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(paths, async (chosen) => {
      await rm(root, { recursive: true });
      await put(...chosen);
      assert.deepEqual(await idsOf(), [...chosen].sort());
    }),
    { numRuns: 30 },
  );
});

test('hidden files and folders are passed over', async () => {
  await put('.git/a.jpg', 'x/.thumb.jpg', 'x/y.gif', '._y.gif');
  assert.deepEqual(await idsOf(), ['x/y.gif']);
});

test('links are followed, but never in a circle', async () => {
  await put('real/a.jpg', 'real/deep/b.avif');
  await symlink(root, join(root, 'real/deep/up'));
  await symlink(join(root, 'real/deep'), join(root, 'linked'));
  await symlink(join(root, 'real/a.jpg'), join(root, 'c.jpg'));
  await symlink(join(root, 'nowhere'), join(root, 'broken.jpg'));
  const ids = await idsOf();
  assert.deepEqual(ids, ['c.jpg', 'linked/b.avif', 'real/a.jpg', 'real/deep/b.avif']);
});

test('a folder without a picture says what was looked for', async () => {
  await put('a.txt', 'b/c.tiff');
  await assert.rejects(readSource(root), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'source-invalid');
    assert.match(error.message, /no picture .*\.jpg, .*\.webp.* 2 other files/);
    return true;
  });
});

test('what is not there, or is neither folder nor manifest, is source-invalid', async () => {
  await put('photo.jpg');
  for (const source of [join(root, 'gone'), join(root, 'photo.jpg')])
    await assert.rejects(readSource(source), { code: 'source-invalid' });
});

test('file names that cannot be ids are named', { skip: process.platform === 'win32' }, async () => {
  await put('a\\b.jpg', 'c\nd.jpg', 'fine.jpg');
  await assert.rejects(
    readSource(root),
    /"a\\\\b\.jpg" has a backslash; "c\\nd\.jpg" has control characters/,
  );
});

const clothing = shared('data', 'clothing', 'validation');
test('a real catalogue', { skip: clothing === undefined && 'no shared photographs' }, async () => {
  const { samples, skipped } = await readSource(clothing ?? '');
  assert.equal(new Set(samples.map(({ label }) => label)).size, 10);
  assert.ok(samples.length > 300 && skipped === 0);
});

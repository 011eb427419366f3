import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { describeLeftOut, readSource } from '../../../src/datasets/index.ts';
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
  const { source, samples, leftOut } = await readSource(root);
  assert.equal(source, root);
  assert.deepEqual(leftOut.map(({ kind, path }) => `${kind} ${path}`).sort(), [
    'not-a-picture b/c/3.jpeg.part',
    'not-a-picture b/c/notes.txt',
  ]);
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

const leftOutOf = async (): Promise<string[]> =>
  (await readSource(root)).leftOut.map(({ kind, path }) => `${kind} ${path}`).sort();

test('hidden files and folders, and those of systems, are passed over and named', async () => {
  await put('.git/a.jpg', 'x/.thumb.jpg', 'x/y.gif', '._y.gif', 'x/Thumbs.db', '.DS_Store');
  await put('@eaDir/y.gif/SYNOPHOTO_THUMB_M.jpg', 'x/__MACOSX/._y.jpg', '#recycle/z.jpg', '.@__thumb/y.jpg');
  await put('$Recycle.Bin/z.jpg', 'System Volume Information/z.jpg', '.Trash-1000/files/z.jpg');
  assert.deepEqual(await idsOf(), ['x/y.gif']);
  assert.deepEqual(await leftOutOf(), [
    'hidden .git',
    'hidden x/.thumb.jpg',
    'system-file .DS_Store',
    'system-file ._y.gif',
    'system-file x/Thumbs.db',
    'system-folder #recycle',
    'system-folder $Recycle.Bin',
    'system-folder .@__thumb',
    'system-folder .Trash-1000',
    'system-folder @eaDir',
    'system-folder System Volume Information',
    'system-folder x/__MACOSX',
  ]);
});

test('pictures of formats that are not read are told apart from other files', async () => {
  await put('a.jpg', 'b.HEIC', 'c.tiff', 'd.bmp', 'e.mov');
  assert.deepEqual(await leftOutOf(), [
    'not-a-picture e.mov',
    'unsupported-picture b.HEIC',
    'unsupported-picture c.tiff',
    'unsupported-picture d.bmp',
  ]);
});

const bytes = (...parts: readonly (string | number)[]): Buffer =>
  Buffer.concat([
    Buffer.from(`${root}/`),
    ...parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))),
  ]);

test('a name that is not UTF-8 costs that file or folder only', {
  skip: process.platform !== 'linux' && 'only Linux has such names',
}, async () => {
  await put('hat/a.jpg');
  await writeFile(bytes('hat/caf', 0xe9, '.jpg'), 'x');
  await mkdir(bytes('stra', 0xdf, 'e'));
  await writeFile(bytes('stra', 0xdf, 'e/b.jpg'), 'x');
  assert.deepEqual(await idsOf(), ['hat/a.jpg']);
  assert.deepEqual(await leftOutOf(), ['name-not-utf8 hat/caf\\xE9.jpg', 'name-not-utf8 stra\\xDFe']);
});

test('labels and ids have one spelling, and the file is found under its own', async () => {
  await put('cafe\u0301/1.jpg', 'caf\u00e9/2.jpg');
  const { samples } = await readSource(root);
  assert.deepEqual(
    samples.map(({ id, label }) => [id, label]),
    [
      ['caf\u00e9/1.jpg', 'caf\u00e9'],
      ['caf\u00e9/2.jpg', 'caf\u00e9'],
    ],
  );
  assert.deepEqual(await Promise.all(samples.map(({ path }) => readFile(path, 'utf8'))), ['x', 'x']);
});

test('two names that differ only in their spelling are not one item', {
  skip: process.platform === 'darwin' && 'macOS has one file of both spellings',
}, async () => {
  await put('cafe\u0301.jpg', 'caf\u00e9.jpg', 'b.jpg');
  await assert.rejects(readSource(root), {
    code: 'source-invalid',
    message: /two files of one name.*"café\.jpg"/,
  });
});

test('links are followed, but never in a circle', async () => {
  await put('real/a.jpg', 'real/deep/b.avif');
  await symlink(root, join(root, 'real/deep/up'));
  await symlink(join(root, 'real/deep'), join(root, 'linked'));
  await symlink(join(root, 'real/a.jpg'), join(root, 'c.jpg'));
  await symlink(join(root, 'nowhere'), join(root, 'broken.jpg'));
  await symlink('somebody@somewhere', join(root, '.#lock'));
  const ids = await idsOf();
  assert.deepEqual(ids, ['c.jpg', 'linked/b.avif', 'real/a.jpg', 'real/deep/b.avif']);
  assert.deepEqual(await leftOutOf(), [
    'hidden .#lock',
    'link linked/up',
    'link real/deep/up',
    'link-to-nothing broken.jpg',
  ]);
});

test('a folder without a picture says what was looked for', async () => {
  await put('a.txt', 'b/c.tiff');
  await assert.rejects(readSource(root), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'source-invalid');
    assert.match(
      error.message,
      /no picture .*\.jpg, .*\.webp.* left out 1 picture of formats .*1 TIFF.* 1 file that is no picture/,
    );
    return true;
  });
});

test('what is not there, or is neither folder nor manifest, is source-invalid', async () => {
  await put('photo.jpg');
  for (const source of [join(root, 'gone'), join(root, 'photo.jpg')])
    await assert.rejects(readSource(source), { code: 'source-invalid' });
});

test('a file whose name cannot be an id is named and costs itself only', {
  skip: process.platform === 'win32' && 'Windows has no such names',
}, async () => {
  await put('a\\b.jpg', 'c\nd.jpg', 'fine.jpg');
  const { samples, leftOut } = await readSource(root);
  assert.deepEqual(
    samples.map(({ id }) => id),
    ['fine.jpg'],
  );
  assert.deepEqual(leftOut.map(({ kind, path, reason }) => [kind, path, reason]).sort(), [
    ['name-not-an-id', 'a\\b.jpg', 'has a backslash'],
    ['name-not-an-id', 'c\nd.jpg', 'has control characters'],
  ]);
  // A name cannot draw on the terminal.
  assert.match(describeLeftOut(leftOut), /c\\u\{a\}d\.jpg/);
});

const clothing = shared('data', 'clothing', 'validation');
test('a real catalogue', { skip: clothing === undefined && 'no shared photographs' }, async () => {
  const { samples, leftOut } = await readSource(clothing ?? '');
  assert.equal(new Set(samples.map(({ label }) => label)).size, 10);
  assert.ok(samples.length > 300 && leftOut.length === 0);
});

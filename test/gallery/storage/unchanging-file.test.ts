// slow: starts processes
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SnapshelfError } from '../../../src/errors.ts';
import { Database } from '../../../src/gallery/storage/database.ts';
import { translateSqliteError } from '../../../src/gallery/storage/sqlite-errors.ts';
import { item, modelId, openGallery, settings, temporaryFolder } from '../support/gallery.ts';

const skip = process.getuid?.() === 0 ? false : 'only root can act as another user';
const script = fileURLToPath(new URL('./reading-child.js', import.meta.url));

/** A data folder of this user's that all may read. */
async function folderOfAnother(t: TestContext): Promise<string> {
  const directory = await temporaryFolder(t);
  const gallery = await openGallery(t, { directory });
  await gallery.create(settings('shop', 2));
  await gallery.upsert('shop', modelId, [item('a', [1, 0], { metadata: { n: 1 } }), item('b', [0, 1])]);
  await gallery.close();
  await chmod(directory, 0o755);
  return directory;
}

/** What a process of another user gets from the folder. */
function asAnother(directory: string, mode: 'read' | 'write'): string {
  const { stdout, stderr } = spawnSync(process.execPath, [script, directory, mode], { encoding: 'utf8' });
  assert.equal(stderr, '');
  return stdout.trim();
}

test('row "a data folder of another user": it can be searched, and writing says who owns it', {
  skip,
}, async (t) => {
  const directory = await folderOfAnother(t);
  assert.equal(asAnother(directory, 'read'), 'a');
  const written = asAnother(directory, 'write');
  assert.match(
    written,
    /^not-writable: .*it belongs to root, and this process runs as user 65534\. Allow it .*\.$/,
  );
  assert.doesNotMatch(written, /\n/);
});

test('row "a data folder of another user": beside its writer it is read as that writes', {
  skip,
}, async (t) => {
  const directory = await folderOfAnother(t);
  const writer = await openGallery(t, { directory });
  await writer.upsert('shop', modelId, [item('new', [1, 0], { metadata: { n: 1 } })]);
  assert.equal(asAnother(directory, 'read'), 'a,new');
});

test('row "a data folder of another user": what may not be read is named with its owner', {
  skip,
}, async (t) => {
  const directory = await folderOfAnother(t);
  const file = join(directory, 'collections', 'shop', 'catalogue.sqlite');
  for (const path of [
    file,
    join(directory, 'collections', 'shop'),
    join(directory, 'collections'),
    directory,
  ]) {
    await chmod(path, 0o700);
    assert.match(asAnother(directory, 'read'), /^not-readable: Reading .* it belongs to root, .*\.$/, path);
    await chmod(path, path === file ? 0o644 : 0o755);
  }
  await rm(`${file}-shm`, { force: true });
  await writeFile(`${file}-wal`, 'changes that were not written back');
  assert.match(asAnother(directory, 'read'), /^not-readable: The database .* was not closed, .*\.$/);
});

test('sibling of "a data folder of another user": a copy with shared memory but no log is read', {
  skip,
}, async (t) => {
  const directory = await folderOfAnother(t);
  const file = join(directory, 'collections', 'shop', 'catalogue.sqlite');
  await rm(`${file}-wal`, { force: true });
  await writeFile(`${file}-shm`, new Uint8Array(32_768));
  assert.equal(asAnother(directory, 'read'), 'a');
  await writeFile(`${file}-wal`, '');
  assert.equal(asAnother(directory, 'read'), 'a');
});

test('what SQLite may not write is not damaged', () => {
  const error = Object.assign(new Error('attempt to write a readonly database'), { errcode: 8 });
  for (const [readOnly, code] of [
    [true, 'not-readable'],
    [false, 'not-writable'],
  ] as const) {
    const told = translateSqliteError(error, fileURLToPath(import.meta.url), readOnly);
    assert.ok(told instanceof SnapshelfError && told.code === code, String(told));
  }
});

test('a catalogue of another user in a folder that may be written to is not damaged', { skip }, async (t) => {
  const directory = await folderOfAnother(t);
  const file = join(directory, 'collections', 'shop', 'catalogue.sqlite');
  execFileSync('chown', ['-R', '65534', directory]);
  execFileSync('chown', ['0', file]);
  assert.match(
    asAnother(directory, 'write'),
    /^not-writable: Writing .*catalogue\.sqlite is not allowed .*root/,
  );
});

test('a file that was opened as one that nobody changes says when somebody did', { skip }, async (t) => {
  const directory = await folderOfAnother(t);
  const file = join(directory, 'collections', 'shop', 'catalogue.sqlite');
  const database = new Database(file, { readOnly: true });
  t.after(() => database.close());
  assert.equal(database.isOutdated, false);
});

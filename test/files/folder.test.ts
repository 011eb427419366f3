import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeFolder, makeFolderSync } from '../../src/files/index.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshelf-folder-'));
after(() => rmSync(root, { recursive: true }));

test('a folder is made with those above it, and left alone where it is', async () => {
  const path = join(root, 'a', 'b', 'c');
  makeFolderSync(path);
  writeFileSync(join(path, 'file'), '');
  await makeFolder(path);
  assert.ok(existsSync(join(path, 'file')));
});

test('where a file is, no folder is made, also not below it', async () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  const error = { code: 'not-writable', message: /cannot be made: a file of that name is there/ };
  for (const path of [file, join(file, 'x', 'y')]) await assert.rejects(makeFolder(path), error);
});

test('a place that takes no folders is refused at once', {
  skip: !existsSync('/proc/self') && 'there is no /proc',
}, async () => {
  for (const path of ['/proc/snapshelf', '/proc/snapshelf/a/b'])
    await assert.rejects(makeFolder(path), { code: 'not-writable' });
});

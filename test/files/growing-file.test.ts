import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { GrowingFile } from '../../src/files/index.ts';

test('a file has its name when it is whole, and leaves nothing where it was given up', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-growing-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'a', 'file.txt');
  const file = await GrowingFile.create(path);
  await file.append('xxx, ');
  await file.append(Buffer.from('two'));
  assert.equal(existsSync(path), false);
  await file.overwriteStart(Buffer.from('one'));
  await file.append(', three');
  await file.finish();
  assert.equal(readFileSync(path, 'utf8'), 'one, two, three');
  const other = await GrowingFile.create(join(folder, 'a', 'other.txt'));
  await other.append('something');
  await other.discard();
  assert.deepEqual(readdirSync(join(folder, 'a')), ['file.txt']);
  await assert.rejects(GrowingFile.create(join(path, 'below')), { code: 'not-writable' });
});

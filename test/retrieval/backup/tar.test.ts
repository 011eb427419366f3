// slow: starts tar
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { listTar, tarEnd, tarHeader, tarPadding } from '../../../src/retrieval/backup/tar.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-tar-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, 'a.tar');
const list = async (bytes: Uint8Array, most = 100): ReturnType<typeof listTar> => {
  writeFileSync(path, bytes);
  await using file = await open(path);
  return await listTar(file, bytes.length, most);
};
const archive = (files: readonly (readonly [string, Buffer])[]): Buffer =>
  Buffer.concat([
    ...files.flatMap(([name, content]) => [
      tarHeader(name, content.length, 1_600_000_000),
      content,
      tarPadding(content.length),
    ]),
    tarEnd(),
  ]);

test('any tar program reads what is written, and what it wrote of plain files is read', async (t) => {
  const files = [
    ['models/a.onnx', Buffer.from('hello')],
    ['b', Buffer.alloc(0)],
    ['collections/c.snapshot', Buffer.alloc(1024, 7)],
  ] as const;
  const entries = await list(archive(files));
  assert.deepEqual(
    entries.map(({ name, size }) => [name, size]),
    files.map(([name, content]) => [name, content.length]),
  );
  const { status, stdout, error } = spawnSync('tar', ['-tvf', path], { encoding: 'utf8' });
  if (error !== undefined) return t.skip('There is no tar here.');
  assert.equal(status, 0);
  assert.match(stdout, /\b5\b.* models\/a\.onnx\n.*\b0\b.* b\n.*\b1024\b.* collections\/c\.snapshot\n/);
  const got = spawnSync('tar', ['-xOf', path, 'collections/c.snapshot']);
  assert.deepEqual(got.stdout, Buffer.alloc(1024, 7));
  writeFileSync(join(folder, 'x'), 'abc');
  spawnSync('tar', ['--format=ustar', '-cf', join(folder, 'b.tar'), '-C', folder, 'x']);
  await using file = await open(join(folder, 'b.tar'));
  assert.deepEqual(await listTar(file, (await file.stat()).size, 9), [{ name: 'x', size: 3, start: 512 }]);
});

test('a file of more than 8 GiB has its size in the other form', async () => {
  const size = 20 * 2 ** 30;
  writeFileSync(path, tarHeader('large', size, 0));
  await using file = await open(path, 'r+');
  await file.truncate(512 + size + 1024);
  assert.deepEqual(await listTar(file, 512 + size + 1024, 1), [{ name: 'large', size, start: 512 }]);
});

test('links, folders, long names and more files than allowed are refused', async () => {
  const changed = (at: number, text: string): Buffer => {
    const bytes = archive([['a', Buffer.from('x')]]);
    bytes.write(text, at, 'latin1');
    const sum = bytes.subarray(0, 512).reduce((all, byte, i) => all + (i >= 148 && i < 156 ? 32 : byte), 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return bytes;
  };
  assert.equal((await list(changed(0, 'b'))).length, 1);
  for (const type of ['1', '2', '5', 'x', 'g', 'L', 'S', '3'])
    await assert.rejects(list(changed(156, type)), /no plain file/, type);
  await assert.rejects(list(changed(345, 'folder')), /no plain file/);
  await assert.rejects(list(changed(124, '77777777777')), /cut short/);
  await assert.rejects(list(changed(124, '\xff')), /no plain file/);
  await assert.rejects(
    list(
      archive([
        ['a', Buffer.alloc(1)],
        ['b', Buffer.alloc(1)],
      ]),
      1,
    ),
    /more than 1/,
  );
});

test('whatever the bytes, it ends with a list or a reason', async () => {
  const whole = archive([
    ['models/a', Buffer.alloc(700, 1)],
    ['b', Buffer.alloc(3)],
  ]);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length), fc.nat(2000), fc.nat(255), async (length, place, byte) => {
      const bytes = Buffer.from(whole.subarray(0, length));
      if (place < bytes.length) bytes[place] = byte;
      try {
        for (const { start, size } of await list(bytes)) assert.ok(start + size <= bytes.length);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
    { numRuns: 300, seed: 2 },
  );
});

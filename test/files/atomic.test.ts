import assert from 'node:assert/strict';
import fs, {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import {
  fileError,
  hashFile,
  hashFileSync,
  makeFolder,
  makeFolderSync,
  renameDurably,
  renameDurablySync,
  sha256,
  writeAtomically,
  writeAtomicallySync,
} from '../../src/files/index.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshelf-atomic-'));
after(() => rmSync(root, { recursive: true }));

const systemError = (code: string): Error => Object.assign(new Error(`${code}: planted`), { code });

/** Both ways to write pieces that end with an error, or whole. */
const writers: Readonly<
  Record<string, (path: string, pieces: readonly Uint8Array[], end?: Error) => Promise<void>>
> = {
  async writeAtomically(path, pieces, end) {
    await writeAtomically(
      path,
      (function* () {
        yield* pieces;
        if (end !== undefined) throw end;
      })(),
    );
  },
  async writeAtomicallySync(path, pieces, end) {
    writeAtomicallySync(path, (temporary) => {
      writeFileSync(temporary, Buffer.concat(pieces));
      if (end !== undefined) throw end;
    });
  },
};

for (const [name, write] of Object.entries(writers)) {
  test(`${name}: the file holds all of the new content or, where writing fails, the old; nothing is left beside it`, () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 5 }),
        fc.constantFrom(undefined, 'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO'),
        async (pieces, code) => {
          const path = join(mkdtempSync(join(root, 'write-')), 'new', 'folder', 'file');
          await write(path, [Buffer.from('old')]);
          const outcome = await write(path, pieces, code === undefined ? undefined : systemError(code)).catch(
            (error: NodeJS.ErrnoException) => error.code,
          );
          const translated = {
            ENOSPC: 'disk-full',
            EDQUOT: 'disk-full',
            EROFS: 'not-writable',
            EACCES: 'not-writable',
          };
          assert.equal(outcome, code && ((translated as Record<string, string>)[code] ?? code));
          assert.deepEqual(
            readFileSync(path),
            code === undefined ? Buffer.concat(pieces) : Buffer.from('old'),
          );
          assert.deepEqual(readdirSync(dirname(path)), ['file']);
        },
      ),
      { numRuns: 40 },
    ));

  test(`${name}: removes what a killed process left of this file an hour ago, and nothing else`, async () => {
    const folder = mkdtempSync(join(root, 'left-'));
    const unique = '01234567-89ab-cdef-0123-456789abcdef';
    const names = [
      `.file.${unique}.tmp`,
      `.file.${unique}.tmp.database`,
      `.other.${unique}.tmp`,
      `.file.mine.tmp`,
      `file.${unique}.tmp`,
    ];
    for (const name of [...names, `.file.${unique.replace('0', '1')}.tmp`])
      writeFileSync(join(folder, name), '');
    const old = new Date(Date.now() - 3_700_000);
    for (const name of names) utimesSync(join(folder, name), old, old);
    await write(join(folder, 'file'), [Buffer.from('x')]);
    const left = ['file', `.file.${unique.replace('0', '1')}.tmp`, ...names.slice(2)];
    assert.deepEqual(readdirSync(folder).sort(), left.sort());
  });
}

test('texts and bytes are content too', async () => {
  const path = join(root, 'content');
  await writeAtomically(path, 'ä');
  assert.equal(readFileSync(path, 'utf8'), 'ä');
  writeAtomicallySync(path, Buffer.from('ö'));
  assert.equal(readFileSync(path, 'utf8'), 'ö');
});

test('a rename replaces a file, and moves a folder', async () => {
  for (const rename of [renameDurably, async (from: string, to: string) => renameDurablySync(from, to)]) {
    const folder = mkdtempSync(join(root, 'rename-'));
    writeFileSync(join(folder, 'a'), 'a');
    writeFileSync(join(folder, 'b'), 'b');
    await rename(join(folder, 'a'), join(folder, 'b'));
    assert.equal(readFileSync(join(folder, 'b'), 'utf8'), 'a');
    mkdirSync(join(folder, 'c'));
    await rename(join(folder, 'c'), join(folder, 'd'));
    assert.deepEqual(readdirSync(folder), ['b', 'd']);
    await assert.rejects(rename(join(folder, 'missing'), join(folder, 'e')), { code: 'ENOENT' });
  }
});

test('errors of the file system are mapped in one place, with their cause', () => {
  const cases = { ENOSPC: 'disk-full', EDQUOT: 'disk-full', EACCES: 'not-writable', EPERM: 'not-writable' };
  for (const [code, expected] of Object.entries(cases)) {
    const cause = systemError(code);
    const error = fileError(cause, '/data/file') as NodeJS.ErrnoException;
    assert.deepEqual([error.code, error.cause, /\/data\/file/.test(error.message)], [expected, cause, true]);
  }
  const ofSqlite = Object.assign(new Error('database or disk is full'), {
    code: 'ERR_SQLITE_ERROR',
    errcode: 13,
  });
  assert.equal((fileError(ofSqlite, 'x') as NodeJS.ErrnoException).code, 'disk-full');
  for (const other of [systemError('EIO'), new TypeError('no'), 'text'])
    assert.equal(fileError(other, 'x'), other);
});

test('the hash of a file is that of its bytes', async () => {
  const path = join(root, 'hashed');
  const content = Buffer.alloc(3 * 2 ** 20 + 17, 'abcdefg');
  writeFileSync(path, content);
  const expected = { bytes: content.length, sha256: sha256(content) };
  assert.deepEqual(await hashFile(path), expected);
  assert.deepEqual(hashFileSync(path), expected);
  // FIPS 180-2, appendix B.1
  assert.equal(sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('a file is synced before it is renamed, and its folder afterwards', async (t) => {
  const folder = mkdtempSync(join(root, 'sync-'));
  const path = join(folder, 'file');
  const steps: string[] = [];
  const isThere = (): string => (fs.existsSync(path) ? 'after' : 'before');
  const handle = await open(folder, 'r');
  t.mock.method(Object.getPrototypeOf(handle), 'sync', async () => void steps.push(isThere()));
  await handle.close();
  t.mock.method(fs, 'fsyncSync', () => void steps.push(isThere()));
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  const expected = process.platform === 'win32' ? ['before'] : ['before', 'after'];
  await writeAtomically(path, 'text');
  assert.deepEqual(steps.splice(0), expected);
  rmSync(path);
  writeAtomicallySync(path, 'text');
  assert.deepEqual(steps, expected);
});

test('a folder that cannot be made: the reason is told, also where the disk is read-only', async (t) => {
  const mounts = readFileIfThere('/proc/mounts')
    .split('\n')
    .map((line) => line.split(' '));
  const [, readOnly] = mounts.find(([, , , flags]) => flags?.split(',').includes('ro')) ?? [];
  makeFolderSync(join(root, 'made', 'twice'));
  await makeFolder(join(root, 'made', 'twice'));
  writeFileSync(join(root, 'made', 'file'), '');
  assert.throws(() => makeFolderSync(join(root, 'made', 'file', 'below')), { code: 'not-writable' });
  if (readOnly === undefined) return t.diagnostic('nothing is mounted read-only here');
  assert.throws(() => makeFolderSync(join(readOnly, 'new')), { code: 'not-writable' });
  await assert.rejects(makeFolder(join(readOnly, 'new', 'folder')), { code: 'not-writable' });
});

function readFileIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

import assert from 'node:assert/strict';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ErrorCode, SnapshelfError } from '../../src/errors.ts';
import { UnfitFile } from '../../src/files/index.ts';
import { isPictureError } from '../../src/image/picture-error.ts';
import { readPictureFile } from '../../src/image/picture-file.ts';

const systemError = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });

const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => assert.fail(),
    (error: unknown) => error,
  );

test('what concerns one picture alone is its error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'snapshelf-'));
  const file = join(folder, 'file');
  await writeFile(file, 'text');
  for (const path of [join(folder, 'absent'), folder, join(file, 'below'), join(folder, 'x'.repeat(5000))])
    assert.ok(isPictureError(await failureOf(readPictureFile(path))), path);
  for (const code of ['image-corrupt', 'image-timeout', 'image-too-large', 'image-empty'] as const)
    assert.ok(isPictureError(new SnapshelfError(code, 'x')), code);
  for (const code of ['EACCES', 'EPERM', 'ELOOP', 'EIO'])
    assert.ok(isPictureError(systemError(code, 'open')), code);
  assert.ok(isPictureError(new UnfitFile('kind', 'it is a pipe')));
});

test('what concerns the process, the disk or the model is not', async () => {
  const codes: ErrorCode[] = [
    'worker-died',
    'closed',
    'inference-failed',
    'queue-full',
    'disk-full',
    'internal',
  ];
  for (const code of codes) assert.ok(!isPictureError(new SnapshelfError(code, 'x')), code);
  for (const code of ['ENOSPC', 'EMFILE', 'ENFILE', 'ENOMEM'])
    assert.ok(!isPictureError(systemError(code, 'open')), code);
  assert.ok(!isPictureError(systemError('EACCES', 'rename')));
  assert.ok(!isPictureError(await failureOf(readFile(3.5 as never))));
  for (const error of [
    new TypeError('x'),
    new RangeError('Array buffer allocation failed'),
    'text',
    undefined,
  ])
    assert.ok(!isPictureError(error));
});

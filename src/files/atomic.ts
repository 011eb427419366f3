import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from './failures.ts';
import { makeFolder, makeFolderSync, syncFolderSync, withDescriptor } from './folder.ts';

/** The content of a file: a text (written as UTF-8), bytes, or bytes in pieces. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A temporary file that was not written to for this long is left over from a process that was killed. */
const abandonedMs = 3_600_000;

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** A name beside `path` for a file that is not whole yet; it begins with a dot, so that no reader of the folder takes it. */
function temporaryFor(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
}

/**
 * Removes the temporary files of `path` that killed processes left behind, also those that were named after them.
 * @param leastMs milliseconds that they were not written to for; 0 if nobody else may write `path`
 */
export function removeAbandoned(path: string, leastMs = abandonedMs): void {
  const folder = dirname(path);
  const own = new RegExp(`^\\.(.*)\\.${uuid}\\.tmp(?:\\.[a-z-]+)?$`);
  for (const name of readdirSync(folder)) {
    if (own.exec(name)?.[1] !== basename(path)) continue;
    const changed = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs;
    if (changed !== undefined && (leastMs === 0 || Date.now() - changed > leastMs))
      rmSync(join(folder, name), { force: true });
  }
}

/**
 * Writes a file so that `path` holds either its former content or all of `content`, also after a power cut: into a
 * temporary file beside it, which is synced and renamed, and the folder synced. Missing folders are made. `content` may be
 * a function that writes the file of the name that it is given.
 * @throws SnapshelfError `disk-full`, `not-writable`; other errors of the file system and those of `content` as they are.
 */
export async function writeAtomically(
  path: string,
  content: FileContent | ((temporary: string) => Promise<void>),
): Promise<void> {
  const temporary = temporaryFor(path);
  try {
    await makeFolder(dirname(path));
    removeAbandoned(path);
    if (typeof content === 'function') await content(temporary);
    {
      await using file = await open(temporary, typeof content === 'function' ? 'r+' : 'wx');
      if (typeof content !== 'function') await writeFile(file, content);
      await file.sync();
    }
    await renameDurably(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(error, path);
  }
}

/**
 * Writes a file as `writeAtomically` does, on the calling thread. `content` is the content, or a function that writes the file of the name
 * that it is given.
 * @throws SnapshelfError `disk-full`, `not-writable`; other errors of the file system and those of `content` as they are.
 */
export function writeAtomicallySync(
  path: string,
  content: string | Uint8Array | ((temporary: string) => void),
): void {
  const temporary = temporaryFor(path);
  try {
    makeFolderSync(dirname(path));
    removeAbandoned(path);
    if (typeof content === 'function') content(temporary);
    else writeFileSync(temporary, content, { flag: 'wx' });
    withDescriptor(temporary, 'r+', fsyncSync);
    renameDurablySync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw fileError(error, path);
  }
}

/**
 * Writes a file on the calling thread in the parts of a generator, between which other work may be done: `path` has its former content until
 * all is written. It is not synced: a power cut may leave anything in its place, so it must hold checksums. One that is
 * ended early, or fails, leaves nothing.
 * @param write writes to the open file
 * @throws SnapshelfError `disk-full`, `not-writable`; other errors of the file system and those of `write` as they are.
 */
export function* writeInParts(
  path: string,
  write: (file: number) => Generator<void, void>,
): Generator<void, void> {
  const temporary = temporaryFor(path);
  let isWhole = false;
  try {
    makeFolderSync(dirname(path));
    const file = openSync(temporary, 'wx');
    try {
      yield* write(file);
    } finally {
      closeSync(file);
    }
    renamePatiently(temporary, path);
    isWhole = true;
  } catch (error) {
    throw fileError(error, path);
  } finally {
    if (!isWhole) rmSync(temporary, { force: true });
  }
}

/**
 * Renames a file or folder within its folder or to another, replacing a file of that name, and makes the new name survive
 * a power cut. What is in the file must have been synced before.
 */
export async function renameDurably(from: string, to: string): Promise<void> {
  renamePatiently(from, to);
  await syncFolder(dirname(to));
}

/** Renames as `renameDurably` does, on the calling thread. */
export function renameDurablySync(from: string, to: string): void {
  renamePatiently(from, to);
  syncFolderSync(dirname(to));
}

const attempts = 20;
const pauseMs = 50;

/** Renames; on Windows, where a virus scanner or indexer holds new files open for a moment, also a little later. */
function renamePatiently(from: string, to: string): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      const heldOpen = ['EPERM', 'EACCES', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (process.platform !== 'win32' || attempt === attempts || !heldOpen) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}

/** Makes the names in a folder survive a power cut. Windows cannot sync a folder and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using handle = await open(folder, 'r');
  await handle.sync();
}

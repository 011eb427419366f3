import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import { fileError } from './failures.ts';

/**
 * Makes a folder, with those above it, unless it is there; its name survives a power cut.
 * @throws SnapshelfError `disk-full`, `not-writable`; other errors of the file system as they are.
 */
export async function makeFolder(path: string): Promise<void> {
  makeFolderSync(path);
}

/**
 * Makes a folder as `makeFolder` does, on the calling thread.
 * @throws SnapshelfError `disk-full`, `not-writable`; other errors of the file system as they are.
 */
export function makeFolderSync(path: string): void {
  const folder = resolve(path);
  try {
    makeMissing(folder);
  } catch (error) {
    throw fileError(error, path);
  }
}

const kindOf = (path: string): 'folder' | 'other' | 'none' => {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return 'none';
    throw error;
  }
};

/** Makes the folders that are missing, from the topmost on. Node does so for ever where none can be made, as in /proc. */
function makeMissing(folder: string): void {
  const kind = kindOf(folder);
  if (kind === 'folder') return;
  if (kind === 'other') throw impossible(folder, 'a file of that name is there');
  if (dirname(folder) !== folder) makeMissing(dirname(folder));
  try {
    mkdirSync(folder);
    syncFolderSync(dirname(folder));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    // Another process may have made it meanwhile.
    if (code === 'EEXIST' && kindOf(folder) === 'folder') return;
    throw code === 'ENOENT' ? impossible(folder, 'that place takes none', cause) : cause;
  }
}

const impossible = (folder: string, why: string, cause?: unknown): SnapshelfError =>
  new SnapshelfError('not-writable', `The folder ${folder} cannot be made: ${why}. Name another place.`, {
    cause,
  });

/** Makes the names in a folder survive a power cut. Windows cannot sync a folder and does not need it. */
export function syncFolderSync(folder: string): void {
  if (process.platform !== 'win32') withDescriptor(folder, 'r', fsyncSync);
}

/** Calls `use` with a file that is open as the flags of Node say, such as `wx`, until it returns. */
export function withDescriptor<T>(path: string, flags: string, use: (descriptor: number) => T): T {
  const descriptor = openSync(path, flags);
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

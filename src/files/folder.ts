import { existsSync, mkdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileError } from './failures.ts';

/**
 * Makes a folder, with those above it, unless it is there.
 * @throws SnapshelfError `disk-full`, `not-writable`; other errors of the file system as they are.
 */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw fileError(reasonOf(error, resolve(path)), path);
  });
}

/**
 * Makes a folder as `makeFolder` does, on the calling thread.
 * @throws SnapshelfError `disk-full`, `not-writable`; other errors of the file system as they are.
 */
export function makeFolderSync(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw fileError(reasonOf(error, resolve(path)), path);
  }
}

/** The reason why a folder was not made: on a read-only disk Node says ENOENT, but for the topmost of missing ones. */
function reasonOf(error: unknown, path: string): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return error;
  let first = path;
  while (dirname(first) !== first && !existsSync(dirname(first))) first = dirname(first);
  try {
    mkdirSync(first);
    return error;
  } catch (reason) {
    return reason;
  }
}

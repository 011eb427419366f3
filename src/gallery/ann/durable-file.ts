import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { SnapshelfError } from '../../errors.ts';

/** A file as a manifest lists it. */
export interface FileDigest {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Makes a file so that after a crash it is there whole or not at all: `write` fills a temporary file, which is
 * synced and renamed. Throws `disk-full` when there is no space.
 */
export function writeDurably(path: string, write: (temporary: string) => void): FileDigest {
  const temporary = `${path}.tmp`;
  try {
    write(temporary);
    withFile(temporary, 'r+', fsyncSync);
    const digest = digestFile(temporary);
    renameSync(temporary, path);
    syncDirectory(dirname(path));
    return digest;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw asDiskFull(error, path);
  }
}

/** Runs `use` with the open file and closes it. */
export function withFile<T>(path: string, flags: string, use: (file: number) => T): T {
  const file = openSync(path, flags);
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

/** Size and SHA-256 of a file of any size, in a megabyte of memory. */
export function digestFile(path: string): FileDigest {
  return withFile(path, 'r', (file) => {
    const hash = createHash('sha256');
    const buffer = new Uint8Array(1 << 20);
    let bytes = 0;
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, read));
      bytes += read;
    }
    return { bytes, sha256: hash.digest('hex') };
  });
}

/** Writes all bytes: a single `write` may stop early. */
export function writeFully(file: number, array: NodeJS.ArrayBufferView): void {
  for (let done = 0; done < array.byteLength; )
    done += writeSync(file, array, done, array.byteLength - done, null);
}

/** Fills the array from the file, at `position` or where the last read ended. Throws when the file ends before. */
export function readFully(file: number, array: NodeJS.ArrayBufferView, position: number | null = null): void {
  for (let done = 0; done < array.byteLength; ) {
    const at = position === null ? null : position + done;
    const read = readSync(file, array, done, array.byteLength - done, at);
    if (read === 0) throw new Error('the file ends too early');
    done += read;
  }
}

/** A rename is durable when its directory is synced; Windows has no such call, and needs none. */
function syncDirectory(directory: string): void {
  if (process.platform !== 'win32') withFile(directory, 'r', fsyncSync);
}

function asDiskFull(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new SnapshelfError('disk-full', `no space is left to write ${path}: free some and try again`, {
    cause: error,
  });
}

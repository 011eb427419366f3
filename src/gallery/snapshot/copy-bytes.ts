import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';

const chunkBytes = 1024 * 1024;

/** Calls `write` with a new file that is open for writing. */
export function withNewFile<T>(path: string, write: (file: number) => T): T {
  const file = openSync(path, 'wx');
  try {
    return write(file);
  } finally {
    closeSync(file);
  }
}

/** Copies an open file from `position` to its end, in a megabyte of memory. Returns the SHA-256 of those bytes. */
export function copyBytes(from: number, position: number, to: number): string {
  const chunk = Buffer.alloc(chunkBytes);
  const hash = createHash('sha256');
  for (let at = position; ; ) {
    const read = readSync(from, chunk, 0, chunkBytes, at);
    if (read === 0) return hash.digest('hex');
    const part = chunk.subarray(0, read);
    hash.update(part);
    writeFileSync(to, part);
    at += read;
  }
}

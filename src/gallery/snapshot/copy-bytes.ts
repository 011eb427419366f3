import { createHash } from 'node:crypto';
import { readSync, writeFileSync } from 'node:fs';

const chunkBytes = 1024 * 1024;

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

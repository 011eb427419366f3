import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { openFile, withFileSync } from './read.ts';

/** Size in bytes and SHA-256 in hexadecimal of a file. */
export interface FileDigest {
  readonly bytes: number;
  readonly sha256: string;
}

/** The SHA-256 of bytes or of a text in UTF-8, in hexadecimal. */
export const sha256 = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');

/**
 * The digest of a file of any size, read in pieces.
 * @throws UnfitFile when `path` is no regular file; the file system's error.
 */
export async function hashFile(path: string): Promise<FileDigest> {
  const { file } = await openFile(path, Number.MAX_SAFE_INTEGER);
  const stream = file.createReadStream();
  const hash = createHash('sha256');
  await pipeline(stream, hash);
  return { bytes: stream.bytesRead, sha256: hash.digest('hex') };
}

/** The digest of a file of any size, computed on the calling thread in a megabyte of memory. @throws the file system's error. */
export function hashFileSync(path: string): FileDigest {
  return withFileSync(path, Number.MAX_SAFE_INTEGER, (file) => {
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

/** The bytes that are hashed at once: a millisecond or two, after which a server answers other requests. */
const pieceBytes = 1 << 20;

/**
 * The bytes of a file and their SHA-256 in hexadecimal, without blocking the event loop.
 * @param limit most bytes that it may have
 * @throws UnfitFile; the file system's error.
 */
export async function readHashed(
  path: string,
  limit: number,
): Promise<{ readonly bytes: Uint8Array; readonly sha256: string }> {
  const { file, size } = await openFile(path, limit);
  await using _ = file;
  const bytes = new Uint8Array(size);
  const hash = createHash('sha256');
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, Math.min(pieceBytes, bytes.length - length), length);
    if (bytesRead === 0) break;
    hash.update(bytes.subarray(length, length + bytesRead));
    length += bytesRead;
  }
  return { bytes: bytes.subarray(0, length), sha256: hash.digest('hex') };
}

import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { imageLibrary, type Resize } from '../image/index.ts';
import type { Unreadable } from './picture-cache.ts';
import type { DiskStore } from './picture-store.ts';

/*
 * The file: the pictures' raw bytes, the index as JSON, then 48 bytes: SHA-256 of the index, its length (uint64 little
 * endian), and eight letters. The index says how long the whole is; each picture has a CRC-32, checked when it is read.
 */
const letters = Buffer.from('SHELFPX1');
const trailerBytes = 32 + 8 + letters.length;

/** Where each picture lies; width 0 for one that could not be read. */
export interface CacheIndex {
  readonly bytes: number;
  readonly offset: readonly number[];
  readonly width: readonly number[];
  readonly height: readonly number[];
  readonly checksum: readonly number[];
  readonly unreadable: readonly Unreadable[];
}

/** What an earlier run left. */
export interface FoundCache {
  readonly store: DiskStore;
  readonly unreadable: readonly Unreadable[];
}

const statsAtOnce = 256;

/** What changes when the file does. */
async function identityOf(path: string): Promise<readonly [string, number, number]> {
  const found = await stat(path).catch(() => undefined);
  return [resolve(path), found?.size ?? -1, found?.mtimeMs ?? 0];
}

/**
 * The file that holds the resized pictures of these files: another name as soon as a file's path, size or time of
 * change, the resize, or the decoding library is another.
 */
export async function cacheFileOf(folder: string, paths: readonly string[], rule: Resize): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([letters.toString(), imageLibrary(), rule]));
  for (let at = 0; at < paths.length; at += statsAtOnce) {
    const some = await Promise.all(paths.slice(at, at + statsAtOnce).map(identityOf));
    hash.update(JSON.stringify(some));
  }
  return join(folder, `pictures-${hash.digest('hex').slice(0, 32)}.cache`);
}

async function readExactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** The index of a whole and undamaged file, or undefined. */
async function readIndex(file: FileHandle, count: number): Promise<CacheIndex | undefined> {
  const { size } = await file.stat();
  if (size < trailerBytes) return undefined;
  const trailer = await readExactly(file, size - trailerBytes, trailerBytes);
  const length = Number(trailer.readBigUInt64LE(32));
  if (!trailer.subarray(40).equals(letters) || length > size - trailerBytes) return undefined;
  const text = await readExactly(file, size - trailerBytes - length, length);
  if (!createHash('sha256').update(text).digest().equals(trailer.subarray(0, 32))) return undefined;
  const index = JSON.parse(text.toString()) as CacheIndex;
  return index.bytes + length + trailerBytes === size && index.width.length === count ? index : undefined;
}

/** What an earlier run wrote for these `count` pictures, or undefined when there is none or it is damaged. */
export async function findCache(path: string, count: number): Promise<FoundCache | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const index = await readIndex(file, count);
    return index === undefined ? undefined : { store: toStore(path, index), unreadable: index.unreadable };
  } finally {
    await file.close();
  }
}

/** The store that a cache file with that index is. */
export const toStore = (path: string, index: CacheIndex): DiskStore => ({
  mode: 'disk',
  file: path,
  offset: Float64Array.from(index.offset),
  width: Uint32Array.from(index.width),
  height: Uint32Array.from(index.height),
  checksum: Uint32Array.from(index.checksum),
});

/** What follows the pictures' bytes. */
export function sealOf(index: CacheIndex): Buffer {
  const text = Buffer.from(JSON.stringify(index));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([text, createHash('sha256').update(text).digest(), length, letters]);
}

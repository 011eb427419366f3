import { createHash } from 'node:crypto';
import { type FileHandle, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { openFile } from '../../files/index.ts';
import { decodingRules, imageLibrary, type Resize } from '../../image/index.ts';
import { jsonOrUndefined } from '../../json/index.ts';
import type { DiskStore, UnreadablePicture } from './picture-store.ts';

/*
 * The file: the pictures' raw bytes, the index as JSON, then 48 bytes: SHA-256 of the index, its length (uint64 little
 * endian), and eight letters. The index says how long the whole is; each picture has a CRC-32, checked when it is read.
 */
const letters = Buffer.from('SHELFPX1');
const trailerBytes = 32 + 8 + letters.length;
/** The largest index, in bytes: it has about 50 per picture. */
const largestIndex = 2 ** 28;
/** The longest side, in pixels: that of the largest picture that is read. */
const largestSide = 50_000_000;

/** Lists of numbers are checked in one piece: a schema for each of a million numbers would take too long. */
const numbers = (count: number, largest: number) =>
  z.custom<readonly number[]>(
    (value) =>
      Array.isArray(value) &&
      value.length === count &&
      value.every((one) => Number.isSafeInteger(one) && one >= 0 && one <= largest),
  );

/** Returns the schema of the index of `count` pictures: their places in the file; width 0 for one that could not be read. */
const indexSchemaOf = (count: number) =>
  z.object({
    /** The bytes of all pictures. */
    bytes: z.int().min(0),
    offset: numbers(count, Number.MAX_SAFE_INTEGER),
    width: numbers(count, largestSide),
    height: numbers(count, largestSide),
    checksum: numbers(count, 0xffffffff),
    unreadable: z.array(
      z.object({
        index: z
          .int()
          .min(0)
          .max(count - 1),
        reason: z.string(),
      }),
    ),
  });

/** The index of a cache file. */
export type CacheIndex = z.infer<ReturnType<typeof indexSchemaOf>>;

/** True if every picture is within the file or among those that could not be read. */
function hasEveryPicture({ bytes, offset, width, height, unreadable }: CacheIndex): boolean {
  const missing = new Set(unreadable.map(({ index }) => index));
  return offset.every((start, at) => {
    const length = 3 * (width[at] ?? 0) * (height[at] ?? 0);
    return missing.has(at) === (length === 0) && start + length <= bytes;
  });
}

/** The cache file of an earlier run. */
export interface FoundCache {
  readonly store: DiskStore;
  readonly unreadable: readonly UnreadablePicture[];
}

const statsAtOnce = 256;

/** Returns numbers that change when the file does. */
async function identityOf(path: string): Promise<readonly [string, number, number]> {
  const found = await stat(path).catch(() => undefined);
  return [resolve(path), found?.size ?? -1, found?.mtimeMs ?? 0];
}

/**
 * Returns the cache file of pictures. Its name follows from the files' paths, sizes and times of change, the resize, and
 * the decoding library.
 */
export async function cacheFileOf(folder: string, paths: readonly string[], rule: Resize): Promise<string> {
  const hash = createHash('sha256').update(
    JSON.stringify([letters.toString(), imageLibrary(), decodingRules, rule]),
  );
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

function parseIndex(text: string, count: number): CacheIndex | undefined {
  const json = jsonOrUndefined(text, { values: 10 * count + 100 });
  const index = indexSchemaOf(count).safeParse(json).data;
  return index !== undefined && hasEveryPicture(index) ? index : undefined;
}

/** Returns the index of a file; undefined if the file is incomplete or damaged. */
async function readIndex(file: FileHandle, size: number, count: number): Promise<CacheIndex | undefined> {
  if (size < trailerBytes) return undefined;
  const trailer = await readExactly(file, size - trailerBytes, trailerBytes);
  const length = Number(trailer.readBigUInt64LE(32));
  if (!trailer.subarray(40).equals(letters) || length > Math.min(size - trailerBytes, largestIndex))
    return undefined;
  const text = await readExactly(file, size - trailerBytes - length, length);
  if (!createHash('sha256').update(text).digest().equals(trailer.subarray(0, 32))) return undefined;
  const index = parseIndex(text.toString(), count);
  return index !== undefined && index.bytes + length + trailerBytes === size ? index : undefined;
}

/** Returns the cache of `count` pictures that an earlier run wrote; undefined if there is none or it is damaged. */
export async function findCache(path: string, count: number): Promise<FoundCache | undefined> {
  const opened = await openFile(path, Number.MAX_SAFE_INTEGER).catch(() => undefined);
  if (opened === undefined) return undefined;
  const { file, size } = opened;
  try {
    const index = await readIndex(file, size, count);
    return index === undefined ? undefined : { store: toStore(path, index), unreadable: index.unreadable };
  } finally {
    await file.close();
  }
}

/** Returns the store of a cache file with an index. */
export const toStore = (path: string, index: CacheIndex): DiskStore => ({
  mode: 'disk',
  file: path,
  offset: Float64Array.from(index.offset),
  width: Uint32Array.from(index.width),
  height: Uint32Array.from(index.height),
  checksum: Uint32Array.from(index.checksum),
});

/** Returns the bytes that follow the pictures: index, hash, length and letters. */
export function sealOf(index: CacheIndex): Buffer {
  const text = Buffer.from(JSON.stringify(index));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([text, createHash('sha256').update(text).digest(), length, letters]);
}

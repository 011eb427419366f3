import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { SnapshelfError } from '../errors.ts';
import type { Pixels, Resize } from '../image/index.ts';
import type { PictureWriter, Unreadable } from './picture-cache.ts';
import type { DiskStore } from './picture-store.ts';

/*
 * The file: the pictures' raw bytes, the index as JSON, then 48 bytes: SHA-256 of the index, its length (uint64 little
 * endian), and eight letters. The index says how long the whole is; each picture has a CRC-32, checked when it is read.
 */
const letters = Buffer.from('SHELFPX1');
const trailerBytes = 32 + 8 + letters.length;

interface Index {
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

/**
 * The file that holds the resized pictures of these files: another name as soon as a file's path, size or time of
 * change, or the resize, is another.
 */
export async function cacheFileOf(folder: string, paths: readonly string[], rule: Resize): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([letters.toString(), rule]));
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    hash.update(JSON.stringify([resolve(path), found?.size ?? -1, found?.mtimeMs ?? 0]));
  }
  return join(folder, `pictures-${hash.digest('hex').slice(0, 32)}.cache`);
}

async function readExactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** The index of a whole and undamaged file, or undefined. */
async function readIndex(file: FileHandle, count: number): Promise<Index | undefined> {
  const { size } = await file.stat();
  if (size < trailerBytes) return undefined;
  const trailer = await readExactly(file, size - trailerBytes, trailerBytes);
  const length = Number(trailer.readBigUInt64LE(32));
  if (!trailer.subarray(40).equals(letters) || length > size - trailerBytes) return undefined;
  const text = await readExactly(file, size - trailerBytes - length, length);
  if (!createHash('sha256').update(text).digest().equals(trailer.subarray(0, 32))) return undefined;
  const index = JSON.parse(text.toString()) as Index;
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

const toStore = (path: string, index: Index): DiskStore => ({
  mode: 'disk',
  file: path,
  offset: Float64Array.from(index.offset),
  width: Uint32Array.from(index.width),
  height: Uint32Array.from(index.height),
  checksum: Uint32Array.from(index.checksum),
});

function explain(path: string, error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
    throw new SnapshelfError('disk-full', `There is no space left to write the picture cache ${path}.`, {
      cause: error,
    });
  throw error;
}

/** Collects `count` resized pictures in a temporary file that gets its name when it is whole. */
export class DiskWriter implements PictureWriter {
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: FileHandle;
  readonly #places: { offset: number[]; width: number[]; height: number[]; checksum: number[] };
  #bytes = 0;

  private constructor(path: string, temporary: string, file: FileHandle, count: number) {
    this.#path = path;
    this.#temporary = temporary;
    this.#file = file;
    const zeros = (): number[] => new Array<number>(count).fill(0);
    this.#places = { offset: zeros(), width: zeros(), height: zeros(), checksum: zeros() };
  }

  /** @throws the file system's error when the folder cannot be made or written to. */
  static async open(folder: string, path: string, count: number): Promise<DiskWriter> {
    await mkdir(folder, { recursive: true });
    const temporary = `${path}.${randomUUID()}.tmp`;
    return new DiskWriter(path, temporary, await open(temporary, 'wx'), count);
  }

  /** @throws SnapshelfError `disk-full`. */
  async add(index: number, { data, width, height }: Pixels): Promise<void> {
    const place = { offset: this.#bytes, width, height, checksum: crc32(data) };
    this.#bytes += data.length;
    this.#places.offset[index] = place.offset;
    this.#places.width[index] = width;
    this.#places.height[index] = height;
    this.#places.checksum[index] = place.checksum;
    await this.#write(data, place.offset);
  }

  /** Names the file. @throws SnapshelfError `disk-full`. */
  async finish(unreadable: readonly Unreadable[]): Promise<DiskStore> {
    const index: Index = { bytes: this.#bytes, ...this.#places, unreadable };
    const text = Buffer.from(JSON.stringify(index));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    const digest = createHash('sha256').update(text).digest();
    await this.#write(Buffer.concat([text, digest, length, letters]), this.#bytes);
    await this.#file.sync();
    await this.#file.close();
    await rename(this.#temporary, this.#path);
    return toStore(this.#path, index);
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    await this.#file.close().catch(() => {});
    await rm(this.#temporary, { force: true });
  }

  async #write(data: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < data.length; ) {
      const { bytesWritten } = await this.#file
        .write(data, at, data.length - at, position + at)
        .catch((error: unknown) => explain(this.#path, error));
      at += bytesWritten;
    }
  }
}

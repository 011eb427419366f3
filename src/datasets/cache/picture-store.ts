import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { SnapshelfError } from '../../errors.ts';
import type { Picture, Resize } from '../../image/index.ts';
import { readResized } from './read-picture.ts';

/** The most pictures that are decoded at once: as many as libuv's pool has threads. */
export const decodesAtOnce = 4;

/** A picture that cannot be used, by its place among the paths. */
export interface UnreadablePicture {
  readonly index: number;
  readonly reason: string;
}

/** The width and height of every picture after its resize, in pixels; 0 for a picture that cannot be read. */
export interface PictureSizes {
  readonly width: Uint32Array;
  readonly height: Uint32Array;
}

/** Every picture as raw bytes in memory that threads share. */
export interface MemoryStore extends PictureSizes {
  readonly mode: 'memory';
  readonly slabs: readonly SharedArrayBuffer[];
  readonly slab: Uint32Array;
  readonly offset: Float64Array;
}

/** Every picture as raw bytes in one file. */
export interface DiskStore extends PictureSizes {
  readonly mode: 'disk';
  readonly file: string;
  readonly offset: Float64Array;
  /** CRC-32 of each picture's bytes. */
  readonly checksum: Uint32Array;
}

/** Every picture as the file it came in. */
export interface FileStore extends PictureSizes {
  readonly mode: 'none';
  readonly paths: readonly string[];
  readonly resize: Resize;
}

/** The place of the resized pictures, as plain data that is sent to the threads that read them. */
export type PictureStore = MemoryStore | DiskStore | FileStore;

/** Reads pictures from a store. */
export interface PictureReader {
  /** The number of pictures to read at once. */
  readonly readsAtOnce: number;
  /**
   * Reads a picture.
   *
   * @throws SnapshelfError `source-invalid` if the cache file is damaged; the error of decoding a picture again
   * @throws RangeError if there is no such picture
   */
  read(index: number): Picture | Promise<Picture>;
  close(): void;
}

const sizeAt = ({ width, height }: PictureSizes, index: number): { width: number; height: number } => {
  const size = { width: width[index] ?? 0, height: height[index] ?? 0 };
  if (size.width === 0) throw new RangeError(`The store has no picture ${index}.`);
  return size;
};

function readMemory(store: MemoryStore): PictureReader {
  const read = (index: number): Picture => {
    const size = sizeAt(store, index);
    const slab = store.slabs[store.slab[index] ?? 0] as SharedArrayBuffer;
    const data = new Uint8Array(slab, store.offset[index] ?? 0, size.width * size.height * 3);
    return { data, ...size };
  };
  return { readsAtOnce: 1, read, close: () => {} };
}

function readDisk(store: DiskStore): PictureReader {
  const file = openSync(store.file, 'r');
  const read = (index: number): Picture => {
    const size = sizeAt(store, index);
    const data = new Uint8Array(size.width * size.height * 3);
    const count = readSync(file, data, 0, data.length, store.offset[index] ?? 0);
    if (count === data.length && crc32(data) === store.checksum[index]) return { data, ...size };
    throw new SnapshelfError(
      'source-invalid',
      `The picture cache ${store.file} is damaged. Delete it; the next run makes it again.`,
    );
  };
  return { readsAtOnce: 1, read, close: () => closeSync(file) };
}

/** Opens a store for reading on the calling thread. */
export function openStore(store: PictureStore): PictureReader {
  if (store.mode === 'memory') return readMemory(store);
  if (store.mode === 'disk') return readDisk(store);
  const read = (index: number): Promise<Picture> => readResized(store.paths[index] ?? '', store.resize);
  return { readsAtOnce: decodesAtOnce, read, close: () => {} };
}

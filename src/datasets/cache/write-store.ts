import { crc32 } from 'node:zlib';
import { writeAtomically } from '../../files/index.ts';
import type { Pixels, Resize } from '../../image/index.ts';
import { type CacheIndex, sealOf, toStore } from './cache-file.ts';
import type { DiskStore, FileStore, MemoryStore, UnreadablePicture } from './picture-store.ts';

/** A resized picture and its place among the paths. */
export interface PlacedPicture {
  readonly index: number;
  readonly pixels: Pixels;
}

/** Resized pictures, of which those that cannot be read are missing. */
export type PlacedPictures = AsyncIterable<PlacedPicture>;

/** Pictures share pieces of memory of this size, in bytes: a mapping of the system for each picture would cost more. */
const slabBytes = 64 * 1024 * 1024;

/** Keeps resized pictures in memory that threads share. */
export async function storeInMemory(count: number, pictures: PlacedPictures): Promise<MemoryStore> {
  const slabs: SharedArrayBuffer[] = [];
  const slab = new Uint32Array(count);
  const offset = new Float64Array(count);
  const width = new Uint32Array(count);
  const height = new Uint32Array(count);
  let used = 0;
  for await (const { index, pixels } of pictures) {
    const { length } = pixels.data;
    if (slabs.length === 0 || used + length > (slabs.at(-1)?.byteLength ?? 0)) {
      slabs.push(new SharedArrayBuffer(Math.max(slabBytes, length)));
      used = 0;
    }
    new Uint8Array(slabs.at(-1) as SharedArrayBuffer, used).set(pixels.data);
    slab[index] = slabs.length - 1;
    offset[index] = used;
    width[index] = pixels.width;
    height[index] = pixels.height;
    used += length;
  }
  return { mode: 'memory', slabs, slab, offset, width, height };
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);

/**
 * Writes resized pictures to a cache file, which appears only when it is complete.
 *
 * @param unreadable - the pictures that are missing, once `pictures` has ended
 * @throws SnapshelfError `disk-full`, `not-writable`
 */
export async function storeOnDisk(
  path: string,
  count: number,
  pictures: PlacedPictures,
  unreadable: readonly UnreadablePicture[],
): Promise<DiskStore> {
  const places = { offset: zeros(count), width: zeros(count), height: zeros(count), checksum: zeros(count) };
  let index: CacheIndex = { bytes: 0, ...places, unreadable: [] };
  async function* content(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    for await (const { index: at, pixels } of pictures) {
      places.offset[at] = bytes;
      places.width[at] = pixels.width;
      places.height[at] = pixels.height;
      places.checksum[at] = crc32(pixels.data);
      bytes += pixels.data.length;
      yield pixels.data;
    }
    index = { bytes, ...places, unreadable: [...unreadable] };
    yield sealOf(index);
  }
  await writeAtomically(path, content());
  return toStore(path, index);
}

/** Keeps only the sizes of resized pictures; every epoch decodes them again. */
export async function storeSizes(
  paths: readonly string[],
  resize: Resize,
  pictures: PlacedPictures,
): Promise<FileStore> {
  const width = new Uint32Array(paths.length);
  const height = new Uint32Array(paths.length);
  for await (const { index, pixels } of pictures) {
    width[index] = pixels.width;
    height[index] = pixels.height;
  }
  return { mode: 'none', paths, resize, width, height };
}

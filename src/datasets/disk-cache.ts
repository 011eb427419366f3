import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { SnapshelfError } from '../errors.ts';
import type { Pixels } from '../image/index.ts';
import { type CacheIndex, sealOf, toStore } from './cache-file.ts';
import type { PictureWriter, Unreadable } from './picture-cache.ts';
import type { DiskStore } from './picture-store.ts';

function explain(path: string, error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
    throw new SnapshelfError('disk-full', `There is no space left to write the picture cache ${path}.`, {
      cause: error,
    });
  throw error;
}

/** A temporary file that nobody has written to for so long belongs to nobody any more. */
const abandonedMs = 3_600_000;

/** Removes what runs that were killed left half-written. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^pictures-.*\.cache\..*\.tmp$/.test(name)) continue;
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > abandonedMs)
      await rm(join(folder, name), { force: true });
  }
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);

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
    this.#places = {
      offset: zeros(count),
      width: zeros(count),
      height: zeros(count),
      checksum: zeros(count),
    };
  }

  /** Missing folders are made. @throws the file system's error when the folder cannot be written to. */
  static async open(path: string, count: number): Promise<DiskWriter> {
    await mkdir(dirname(path), { recursive: true });
    await removeAbandoned(dirname(path));
    const temporary = `${path}.${randomUUID()}.tmp`;
    return new DiskWriter(path, temporary, await open(temporary, 'wx'), count);
  }

  /** @throws SnapshelfError `disk-full`. */
  async add(index: number, { data, width, height }: Pixels): Promise<void> {
    const offset = this.#bytes;
    this.#bytes += data.length;
    this.#places.offset[index] = offset;
    this.#places.width[index] = width;
    this.#places.height[index] = height;
    this.#places.checksum[index] = crc32(data);
    await this.#write(data, offset);
  }

  /** Names the file. @throws SnapshelfError `disk-full`. */
  async finish(unreadable: readonly Unreadable[]): Promise<DiskStore> {
    const index: CacheIndex = { bytes: this.#bytes, ...this.#places, unreadable };
    await this.#write(sealOf(index), this.#bytes);
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

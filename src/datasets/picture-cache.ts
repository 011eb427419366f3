import { freemem } from 'node:os';
import { inspectImage, type Pixels, type Resize, resizedSize } from '../image/index.ts';
import { cacheFileOf, DiskWriter, findCache } from './disk-cache.ts';
import { memoryWriter } from './memory-cache.ts';
import type { PictureStore } from './picture-store.ts';
import { readPictureFile, readResized, whyUnreadable } from './read-picture.ts';

/**
 * Where resized pictures are kept between epochs: in memory; in a file, which the next run uses too; nowhere, so that
 * every epoch decodes them again; or `auto`, the first of these that has room.
 */
export type CacheMode = 'auto' | 'memory' | 'disk' | 'none';

/** A picture that cannot be used, by its place among the paths. */
export interface Unreadable {
  readonly index: number;
  readonly reason: string;
}

/** Takes resized pictures in any order. */
export interface PictureWriter {
  add(index: number, pixels: Pixels): Promise<void>;
  finish(unreadable: readonly Unreadable[]): Promise<PictureStore>;
  /** Gives back what was taken, after a failure. */
  abandon(): Promise<void>;
}

/** How `cachePictures` works. */
export interface CacheOptions {
  readonly mode: CacheMode;
  readonly resize: Resize;
  /** Folder of cache files; made when it is missing. Without it `auto` writes none. */
  readonly folder?: string | undefined;
  /** What `auto` may keep in memory, in bytes; a quarter of the memory that is free by default. */
  readonly memoryBudget?: number | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What `cachePictures` made. */
export interface CachedPictures {
  readonly store: PictureStore;
  /** In order of their places. */
  readonly unreadable: readonly Unreadable[];
}

/** Pictures whose headers an estimate looks at. */
const estimateFrom = 64;
/** As many as libuv's pool decodes side by side. */
const lanes = 4;

/** Bytes of all resized pictures, estimated from the headers of some; those that cannot be read do not count. */
async function estimateBytes(paths: readonly string[], resize: Resize): Promise<number> {
  const step = Math.max(1, Math.floor(paths.length / estimateFrom));
  let [bytes, looked] = [0, 0];
  for (let at = 0; at < paths.length; at += step) {
    const header = await readPictureFile(paths[at] ?? '')
      .then((file) => inspectImage(file))
      .catch(() => undefined);
    if (header === undefined) continue;
    const size = resizedSize(header, resize);
    bytes += size.width * size.height * 3;
    looked++;
  }
  return looked === 0 ? 0 : (bytes / looked) * paths.length;
}

async function chooseMode(paths: readonly string[], options: CacheOptions): Promise<CacheMode> {
  const { mode, resize, folder, memoryBudget = freemem() / 4 } = options;
  if (mode !== 'auto') return mode;
  if ((await estimateBytes(paths, resize)) <= memoryBudget) return 'memory';
  return folder === undefined ? 'none' : 'disk';
}

/** Decodes everything and keeps nothing but the sizes. */
function sizesOnly(paths: readonly string[], resize: Resize): PictureWriter {
  const [width, height] = [new Uint32Array(paths.length), new Uint32Array(paths.length)];
  const add = async (index: number, pixels: Pixels): Promise<void> => {
    width[index] = pixels.width;
    height[index] = pixels.height;
  };
  const finish: PictureWriter['finish'] = async () => ({ mode: 'none', paths, resize, width, height });
  return { add, finish, abandon: async () => {} };
}

/** Reads every picture once into the writer. */
async function fill(
  paths: readonly string[],
  { resize, onProgress }: CacheOptions,
  writer: PictureWriter,
): Promise<CachedPictures> {
  const unreadable: Unreadable[] = [];
  let [next, done] = [0, 0];
  const work = async (): Promise<void> => {
    while (next < paths.length) {
      const index = next++;
      const picture = await readResized(paths[index] ?? '', resize).catch(whyUnreadable);
      if (typeof picture === 'string') unreadable.push({ index, reason: picture });
      else await writer.add(index, picture);
      onProgress?.(++done, paths.length);
    }
  };
  await Promise.all(Array.from({ length: lanes }, work));
  unreadable.sort((a, b) => a.index - b.index);
  return { store: await writer.finish(unreadable), unreadable };
}

async function fillOrAbandon(
  paths: readonly string[],
  options: CacheOptions,
  writer: PictureWriter,
): Promise<CachedPictures> {
  try {
    return await fill(paths, options, writer);
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

async function cacheOnDisk(paths: readonly string[], options: CacheOptions): Promise<CachedPictures> {
  const { folder, resize, onProgress } = options;
  if (folder === undefined) throw new TypeError('a cache on disk needs the folder to keep it in (cacheDir)');
  const file = await cacheFileOf(folder, paths, resize);
  const found = await findCache(file, paths.length);
  if (found === undefined)
    return fillOrAbandon(paths, options, await DiskWriter.open(folder, file, paths.length));
  onProgress?.(paths.length, paths.length);
  return found;
}

/**
 * Reads, decodes and resizes every picture once and keeps the result as the mode says. A cache file of an earlier run
 * is used when neither the files nor the resize have changed since.
 * @throws SnapshelfError `disk-full`; TypeError for the mode `disk` without a folder; the file system's error when the
 * folder cannot be written to.
 */
export async function cachePictures(
  paths: readonly string[],
  options: CacheOptions,
): Promise<CachedPictures> {
  const mode = await chooseMode(paths, options);
  if (mode === 'disk') return cacheOnDisk(paths, options);
  return fillOrAbandon(
    paths,
    options,
    mode === 'memory' ? memoryWriter(paths.length) : sizesOnly(paths, options.resize),
  );
}

import type { Pixels, Resize } from '../image/index.ts';
import { cacheFileOf, findCache } from './cache-file.ts';
import { chooseMode, type ModeOptions } from './cache-mode.ts';
import { DiskWriter } from './disk-cache.ts';
import { memoryWriter } from './memory-cache.ts';
import type { PictureStore } from './picture-store.ts';
import { readResized, whyUnreadable } from './read-picture.ts';

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
export interface CacheOptions extends ModeOptions {
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What `cachePictures` made. */
export interface CachedPictures {
  readonly store: PictureStore;
  /** In order of their places. */
  readonly unreadable: readonly Unreadable[];
}

/** As many as libuv's pool decodes side by side. */
const lanes = 4;

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

/** Does `work` for 0 to `count` - 1, some at a time. The first failure stops all, and is thrown when all have stopped. */
async function inLanes(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count)
      await work(next++).catch((error: unknown) => {
        next = count;
        throw error;
      });
  };
  const ends = await Promise.allSettled(Array.from({ length: lanes }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** Reads every picture once into the writer. */
async function fill(
  paths: readonly string[],
  { resize, onProgress }: CacheOptions,
  writer: PictureWriter,
): Promise<CachedPictures> {
  const unreadable: Unreadable[] = [];
  let done = 0;
  await inLanes(paths.length, async (index) => {
    const picture = await readResized(paths[index] ?? '', resize).catch(whyUnreadable);
    if (typeof picture === 'string') unreadable.push({ index, reason: picture });
    else await writer.add(index, picture);
    onProgress?.(++done, paths.length);
  });
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
  if (found === undefined) return fillOrAbandon(paths, options, await DiskWriter.open(file, paths.length));
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

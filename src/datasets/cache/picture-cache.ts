import type { Resize } from '../../image/index.ts';
import { pipeline } from '../../threads/index.ts';
import { cacheFileOf, findCache } from './cache-file.ts';
import { chooseMode, type ModeOptions } from './cache-mode.ts';
import { decodesAtOnce, type PictureStore, type UnreadablePicture } from './picture-store.ts';
import { readResized, whyUnreadable } from './read-picture.ts';
import { type PlacedPicture, storeInMemory, storeOnDisk, storeSizes } from './write-store.ts';

/** Options of `cachePictures`. */
export interface CacheOptions extends ModeOptions {
  /** Called after each picture, with the total number of pictures. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** The result of `cachePictures`. */
export interface CachedPictures {
  readonly store: PictureStore;
  /** The pictures that cannot be read, in the order of their places. */
  readonly unreadable: readonly UnreadablePicture[];
}

/** The number of pictures that are read ahead: one may take long, and the others must not wait for it. */
const readAhead = 2 * decodesAtOnce;

/** Yields every picture that can be read, resized and in order, and adds the others to `unreadable`. */
async function* readAll(
  paths: readonly string[],
  resize: Resize,
  unreadable: UnreadablePicture[],
  onProgress: CacheOptions['onProgress'],
): AsyncGenerator<PlacedPicture> {
  const read = (path: string) => readResized(path, resize).catch(whyUnreadable);
  let index = 0;
  for await (const picture of pipeline(paths, readAhead, read)) {
    if (typeof picture === 'string') unreadable.push({ index, reason: picture });
    else yield { index, pixels: picture };
    index += 1;
    onProgress?.(index, paths.length);
  }
}

/**
 * Reads, decodes and resizes every picture once and keeps the result in the way of the mode. A cache file of an earlier
 * run is used if neither the files nor the resize have changed since.
 *
 * @throws SnapshelfError `disk-full`, `not-writable`
 * @throws TypeError for the mode `disk` without a folder
 */
export async function cachePictures(
  paths: readonly string[],
  options: CacheOptions,
): Promise<CachedPictures> {
  const { folder, resize, onProgress } = options;
  const mode = await chooseMode(paths, options);
  const unreadable: UnreadablePicture[] = [];
  const pictures = readAll(paths, resize, unreadable, onProgress);
  if (mode === 'memory') return { store: await storeInMemory(paths.length, pictures), unreadable };
  if (mode === 'none') return { store: await storeSizes(paths, resize, pictures), unreadable };
  if (folder === undefined) throw new TypeError('cacheDir must name a folder for a cache on disk.');
  const file = await cacheFileOf(folder, paths, resize);
  const found = await findCache(file, paths.length);
  if (found === undefined)
    return { store: await storeOnDisk(file, paths.length, pictures, unreadable), unreadable };
  onProgress?.(paths.length, paths.length);
  return found;
}

import { mkdir, statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { type Resize, readHeader, readPictureFile, resizedSize } from '../../image/index.ts';

/**
 * The place of resized pictures between epochs. `memory`; `disk`, a file that the next run uses too; `none`, so every epoch
 * decodes them again; or `auto`, the first of these that has room.
 */
export type CacheMode = 'auto' | 'memory' | 'disk' | 'none';

/** Options of `chooseMode`. */
export interface ModeOptions {
  readonly mode: CacheMode;
  readonly resize: Resize;
  /** The folder of cache files, which is made if it is missing. Without it `auto` writes none. */
  readonly folder?: string | undefined;
  /** The most bytes that `auto` keeps in memory. Default: a quarter of the free memory. */
  readonly memoryBudget?: number | undefined;
}

/** The number of pictures whose headers an estimate reads. */
const estimateFrom = 64;

/** Estimates the bytes of all resized pictures from the headers of some; those that cannot be read do not count. */
async function estimateBytes(paths: readonly string[], resize: Resize): Promise<number> {
  const step = Math.max(1, Math.floor(paths.length / estimateFrom));
  let bytes = 0;
  let known = 0;
  for (let at = 0; at < paths.length; at += step) {
    const header = await readPictureFile(paths[at] ?? '')
      .then((file) => readHeader(file))
      .catch(() => undefined);
    if (header === undefined) continue;
    const size = resizedSize(header, resize);
    bytes += size.width * size.height * 3;
    known += 1;
  }
  return known === 0 ? 0 : (bytes / known) * paths.length;
}

/** The memory of the machine and of the process, in bytes. */
export interface MemoryState {
  /** The free memory of the machine. */
  readonly free: number;
  /** The limit of the process, such as that of its container; 0 if there is none. */
  readonly limit: number;
  /** The memory that the process uses. */
  readonly used: number;
}

const memoryState = (): MemoryState => ({
  free: freemem(),
  limit: process.constrainedMemory(),
  used: process.memoryUsage.rss(),
});

/** Returns a quarter of the free memory, within the limit of the process, in bytes. */
export function defaultBudget({ free, limit, used }: MemoryState = memoryState()): number {
  const left = limit > 0 ? limit - used : Number.POSITIVE_INFINITY;
  return Math.max(0, Math.min(free, left)) / 4;
}

/** True if the disk has room for the bytes and a tenth more. */
async function hasRoom(folder: string, bytes: number): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize >= bytes * 1.1;
}

/** Returns the mode for pictures: `auto` becomes the first of memory, disk and none that has room. */
export async function chooseMode(
  paths: readonly string[],
  options: ModeOptions,
): Promise<Exclude<CacheMode, 'auto'>> {
  const { mode, resize, folder, memoryBudget = defaultBudget() } = options;
  if (mode !== 'auto') return mode;
  const bytes = await estimateBytes(paths, resize);
  if (bytes <= memoryBudget) return 'memory';
  return folder !== undefined && (await hasRoom(folder, bytes)) ? 'disk' : 'none';
}

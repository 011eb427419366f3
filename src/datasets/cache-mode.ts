import { mkdir, statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { inspectImage, type Resize, readPictureFile, resizedSize } from '../image/index.ts';

/**
 * Where resized pictures are kept between epochs: in memory; in a file, which the next run uses too; nowhere, so that
 * every epoch decodes them again; or `auto`, the first of these that has room.
 */
export type CacheMode = 'auto' | 'memory' | 'disk' | 'none';

/** What the choice of a mode depends on. */
export interface ModeOptions {
  readonly mode: CacheMode;
  readonly resize: Resize;
  /** Folder of cache files; made when it is missing. Without it `auto` writes none. */
  readonly folder?: string | undefined;
  /** What `auto` may keep in memory, in bytes; a quarter of the memory that is free by default. */
  readonly memoryBudget?: number | undefined;
}

/** Pictures whose headers an estimate looks at. */
const estimateFrom = 64;
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

/** A quarter of the memory that is free, also where the process may use less than the machine has. */
function freeBudget(): number {
  const limit = process.constrainedMemory();
  const ours = limit > 0 ? limit - process.memoryUsage.rss() : Number.POSITIVE_INFINITY;
  return Math.max(0, Math.min(freemem(), ours)) / 4;
}

/** True if the disk has room, and a tenth of it to spare. */
async function hasRoom(folder: string, bytes: number): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize >= bytes * 1.1;
}

/** What a mode means for these pictures. */
export async function chooseMode(
  paths: readonly string[],
  options: ModeOptions,
): Promise<Exclude<CacheMode, 'auto'>> {
  const { mode, resize, folder, memoryBudget = freeBudget() } = options;
  if (mode !== 'auto') return mode;
  const bytes = await estimateBytes(paths, resize);
  if (bytes <= memoryBudget) return 'memory';
  return folder !== undefined && (await hasRoom(folder, bytes)) ? 'disk' : 'none';
}

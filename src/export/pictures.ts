import { SnapshelfError } from '../errors.ts';
import { isPictureError, type Preprocessing, preprocessImage, readPictureFile } from '../image/index.ts';
import type { Logger } from '../log.ts';
import { pipeline } from '../threads/index.ts';
import type { PictureBatch } from './self-check.ts';

/** The number of pictures that are read at a time. */
const ahead = 8;

/** A picture as a model takes it, and the file it was read from. */
export interface PictureFromFile extends PictureBatch {
  readonly path: string;
}

/** Decodes a picture to a batch of one. */
export async function pictureOf(bytes: Uint8Array, preprocessing: Preprocessing): Promise<PictureBatch> {
  const { width, height } = preprocessing.crop;
  return { count: 1, height, width, data: await preprocessImage(bytes, preprocessing) };
}

/** Reads a picture. Returns undefined, after a warning, if it is the picture's fault that it cannot be read. */
async function readPicture(
  path: string,
  preprocessing: Preprocessing,
  log: Logger,
): Promise<PictureFromFile | undefined> {
  try {
    return { path, ...(await pictureOf(await readPictureFile(path), preprocessing)) };
  } catch (error) {
    if (!isPictureError(error)) throw error;
    log.warn('a picture cannot be read', { path, why: error.message });
    return undefined;
  }
}

/** Called after each picture that was used or left out, with the total number of pictures. */
export type OnPicture = (done: number, total: number) => void;

/**
 * Yields the pictures of files, brought to a network's size, one per batch.
 *
 * @throws SnapshelfError `source-invalid` at the end if none could be read
 */
export async function* readPictures(
  paths: readonly string[],
  preprocessing: Preprocessing,
  log: Logger,
  onPicture?: OnPicture,
): AsyncGenerator<PictureFromFile> {
  const read = (path: string): Promise<PictureFromFile | undefined> => readPicture(path, preprocessing, log);
  let readable = 0;
  let done = 0;
  for await (const picture of pipeline(paths, ahead, read)) {
    if (picture !== undefined) {
      readable += 1;
      yield picture;
    }
    done += 1;
    onPicture?.(done, paths.length);
  }
  if (readable === 0)
    throw new SnapshelfError('source-invalid', `None of ${paths.length} pictures can be read.`);
}

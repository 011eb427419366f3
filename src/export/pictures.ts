import { SnapshelfError } from '../errors.ts';
import { isPictureError, type Preprocessing, preprocessImage, readPictureFile } from '../image/index.ts';
import type { Logger } from '../log.ts';
import type { PictureBatch } from './self-check.ts';

/** Pictures read at a time. */
const ahead = 8;

/** A picture as a model takes it, and the file that it was read from. */
export interface PictureFromFile extends PictureBatch {
  readonly path: string;
}

/** An encoded picture as a model takes it. */
export async function pictureOf(bytes: Uint8Array, preprocessing: Preprocessing): Promise<PictureBatch> {
  const { width, height } = preprocessing.crop;
  return { count: 1, height, width, data: await preprocessImage(bytes, preprocessing) };
}

/** A picture that cannot be read is left out with a warning; other failures are thrown. */
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

/** Called after each picture that was used, or left out, with how many there are in all. */
export type OnPicture = (done: number, total: number) => void;

/**
 * The pictures of some files, brought to a network's size, one a batch.
 * @throws SnapshelfError `source-invalid` at the end when none could be read
 */
export async function* readPictures(
  paths: readonly string[],
  preprocessing: Preprocessing,
  log: Logger,
  onPicture?: OnPicture,
): AsyncGenerator<PictureFromFile> {
  let [readable, done] = [0, 0];
  for (let at = 0; at < paths.length; at += ahead) {
    const next = paths.slice(at, at + ahead).map((path) => readPicture(path, preprocessing, log));
    for (const picture of await Promise.all(next)) {
      if (picture !== undefined) {
        readable += 1;
        yield picture;
      }
      done += 1;
      onPicture?.(done, paths.length);
    }
  }
  if (readable === 0)
    throw new SnapshelfError('source-invalid', `none of ${paths.length} pictures can be read`);
}

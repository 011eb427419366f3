import { isPictureError, type Pixels, type Resize, readPictureFile, resizeImage } from '../image/index.ts';

/**
 * Reads, decodes and resizes a picture; all of it is kept.
 * @throws SnapshelfError as `resizeImage`; the file system's error.
 */
export const readResized = async (path: string, resize: Resize): Promise<Pixels> =>
  resizeImage(await readPictureFile(path), resize);

/** Returns why a picture cannot be used. @throws the error if it is not the picture's fault. */
export function whyUnreadable(error: unknown): string {
  if (!isPictureError(error)) throw error;
  return error.message;
}

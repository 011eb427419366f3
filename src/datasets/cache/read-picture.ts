import { isPictureError, type Pixels, type Resize, readPictureFile, resizeImage } from '../../image/index.ts';

/**
 * Reads, decodes and resizes a picture without a crop.
 *
 * @throws SnapshelfError `image-*`; the file system's error
 */
export const readResized = async (path: string, resize: Resize): Promise<Pixels> =>
  resizeImage(await readPictureFile(path), resize);

/**
 * Returns the reason why a picture cannot be used.
 *
 * @throws the error itself if it is not the picture's fault
 */
export function whyUnreadable(error: unknown): string {
  if (!isPictureError(error)) throw error;
  return error.message;
}

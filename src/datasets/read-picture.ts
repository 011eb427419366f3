import { SnapshelfError } from '../errors.ts';
import { type Pixels, type Resize, readPictureFile, resizeImage } from '../image/index.ts';

/**
 * Reads, decodes and resizes a picture; all of it is kept.
 * @throws SnapshelfError as `resizeImage`; the file system's error.
 */
export const readResized = async (path: string, resize: Resize): Promise<Pixels> =>
  resizeImage(await readPictureFile(path), resize);

/** Why a picture cannot be used, when that is what the error says. @throws the error when it is of another kind. */
export function whyUnreadable(error: unknown): string {
  const ofThePicture = error instanceof SnapshelfError || (error instanceof Error && 'code' in error);
  if (!ofThePicture) throw error;
  return error.message;
}

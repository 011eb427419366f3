import { readFile, stat } from 'node:fs/promises';
import { SnapshelfError } from '../errors.ts';
import { defaultLimits, type Pixels, type Resize, resizeImage } from '../image/index.ts';

/**
 * The bytes of a picture file.
 * @throws SnapshelfError `image-too-large` before reading; the file system's error.
 */
export async function readPictureFile(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > defaultLimits.maxBytes)
    throw new SnapshelfError(
      'image-too-large',
      `The image has ${size} bytes, more than the ${defaultLimits.maxBytes} allowed.`,
    );
  return readFile(path);
}

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

import { SnapshelfError } from '../errors.ts';
import { readFileWithin, UnfitFile } from '../files/index.ts';
import { defaultLimits, type ImageLimits } from './limits.ts';

/**
 * Reads the bytes of a picture file.
 * @throws SnapshelfError `image-too-large` before reading; `image-unsupported` for a folder, a pipe or a device.
 * @throws Error the file system's, if the file cannot be read.
 */
export async function readPictureFile(
  path: string,
  { maxBytes }: Pick<ImageLimits, 'maxBytes'> = defaultLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readFileWithin(path, maxBytes);
  } catch (cause) {
    if (!(cause instanceof UnfitFile)) throw cause;
    const code = cause.reason === 'size' ? 'image-too-large' : 'image-unsupported';
    throw new SnapshelfError(code, `The image cannot be read: ${cause.message}.`, {
      cause,
      details: cause.reason === 'size' ? { maxBytes } : {},
    });
  }
}

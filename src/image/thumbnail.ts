import { checkWhole } from '../arguments.ts';
import { lockedSharp } from './locked-sharp.ts';
import { asBytes, checkPixels, type Pixels } from './pixels.ts';

/**
 * Makes a small JPEG (quality 80, no metadata) of a picture, for people to look at. Smaller pictures are not enlarged.
 * @param size longest side in pixels, 1 to 4096; default 256
 * @throws RangeError if `size` is not a whole number from 1 to 4096, or the pixels do not fit their size.
 */
export async function thumbnail(pixels: Pixels, size = 256): Promise<Uint8Array<ArrayBuffer>> {
  checkPixels(pixels);
  checkWhole('size', size, { from: 1, to: 4096 });
  const { data, width, height } = pixels;
  const output = await lockedSharp(data, { raw: { width, height, channels: 3 } })
    .resize({ width: size, height: size, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: 80 })
    .toBuffer();
  return asBytes(output);
}

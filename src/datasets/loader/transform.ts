import { checkWhole } from '../../arguments.ts';
import {
  applyColourJitter,
  type ColourJitter,
  type CropRanges,
  checkColourJitter,
  checkCropRanges,
  checkResize,
  cropped,
  type Filter,
  flipHorizontally,
  type Picture,
  type Pixels,
  type Resize,
  randomCropBox,
  randomResizedCropBox,
  resizedCrop,
  type Size,
} from '../../image/index.ts';

/** A random part of a picture: of random area and proportions, resized; or of the final size, at a random place. */
export type RandomCrop = ({ readonly kind: 'random-resized' } & CropRanges) | { readonly kind: 'random' };

/** The random transform of a picture for training, as plain data. */
export interface TrainTransform {
  /** The resize before the random part, done once per picture. */
  readonly resize: Resize;
  readonly crop: RandomCrop;
  /** Both sides of the result, in pixels from 1 to 4096. */
  readonly size: number;
  /** The filter that resamples a random-resized crop. */
  readonly filter: Filter;
  /** True to mirror half of the pictures, at random. */
  readonly flip: boolean;
  /** The random changes of colour. Default: none. */
  readonly jitter?: ColourJitter | undefined;
}

/**
 * Checks a transform.
 *
 * @throws RangeError if a number is out of range, or the resized pictures cannot hold the random crop
 */
export function checkTransform({ resize, crop, size, jitter }: TrainTransform): void {
  checkResize(resize);
  checkWhole('transform.size', size, { from: 1, to: 4096 });
  if (crop.kind === 'random-resized') checkCropRanges(crop);
  else if (resize.mode === 'short-side') checkHolds({ width: resize.size, height: resize.size }, size);
  else if (resize.mode === 'squash') checkHolds(resize, size);
  if (jitter !== undefined) checkColourJitter(jitter);
}

function checkHolds({ width, height }: Size, size: number): void {
  if (Math.min(width, height) < size)
    throw new RangeError(
      `Pictures resized to ${width} x ${height} do not hold a random crop of ${size} x ${size}.`,
    );
}

/** True if a resized picture is large enough for the transform. */
export const holdsCrop = ({ crop, size }: TrainTransform, { width, height }: Size): boolean =>
  crop.kind === 'random-resized' || Math.min(width, height) >= size;

function cropAtRandom(picture: Picture, transform: TrainTransform, random: () => number): Pixels {
  const { crop, filter } = transform;
  const size = { width: transform.size, height: transform.size };
  if (crop.kind === 'random') return cropped(picture, randomCropBox(picture, size, random));
  return resizedCrop(picture, randomResizedCropBox(picture, crop, random), size, filter);
}

/**
 * Applies the random part of a transform: crop, flip, colours, in this order, as in torchvision.
 *
 * @param picture - already resized
 * @param random - returns numbers in [0, 1)
 * @returns `uint8[size,size,3]`
 * @throws RangeError if the picture does not hold the crop
 */
export function applyTransform(
  picture: Picture,
  transform: TrainTransform,
  random: () => number,
): Uint8Array<ArrayBuffer> {
  const pixels = cropAtRandom(picture, transform, random);
  if (transform.flip && random() < 0.5) flipHorizontally(pixels);
  if (transform.jitter !== undefined) applyColourJitter(pixels, transform.jitter, random);
  return pixels.data;
}

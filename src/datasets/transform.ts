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
} from '../image/index.ts';

/** Which part of a picture is seen: of random area and proportions, resized; or of the final size, at a random place. */
export type RandomCrop = ({ readonly kind: 'random-resized' } & CropRanges) | { readonly kind: 'random' };

/** What happens to a picture each time it is trained on, as plain data. */
export interface TrainTransform {
  /** Done once per picture, before the random part. */
  readonly resize: Resize;
  readonly crop: RandomCrop;
  /** Both sides of the result in pixels, 1 to 4096. */
  readonly size: number;
  /** Resamples a random-resized crop. */
  readonly filter: Filter;
  /** Mirror every other picture, at random. */
  readonly flip: boolean;
  /** None by default. */
  readonly jitter?: ColourJitter | undefined;
}

/**
 * @throws RangeError when a number is out of range, or when the resized pictures cannot hold the random crop.
 */
export function checkTransform({ resize, crop, size, jitter }: TrainTransform): void {
  checkResize(resize);
  if (!Number.isInteger(size) || size < 1 || size > 4096)
    throw new RangeError(`transform.size must be a whole number from 1 to 4096, not ${size}`);
  if (crop.kind === 'random-resized') checkCropRanges(crop);
  else if (resize.mode === 'short-side') checkHolds({ width: resize.size, height: resize.size }, size);
  else if (resize.mode === 'squash') checkHolds(resize, size);
  if (jitter !== undefined) checkColourJitter(jitter);
}

function checkHolds({ width, height }: Size, size: number): void {
  if (Math.min(width, height) < size)
    throw new RangeError(
      `pictures resized to ${width} x ${height} do not hold a random crop of ${size} x ${size}`,
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
 * The random part of a transform: crop, flip, colours, in this order, as torchvision composes them.
 * @param picture already resized
 * @param random numbers in [0, 1)
 * @returns `uint8[size, size, 3]`
 * @throws RangeError when the picture does not hold the crop.
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

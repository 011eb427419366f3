import type { Rectangle } from './crop.ts';
import { roundHalfEven, type Size } from './preprocessing-plan.ts';

/** The ranges `[least, most]` that `randomResizedCropBox` draws from. */
export interface CropRanges {
  /** Part of the picture's area, above 0, at most 1; torchvision's default is [0.08, 1]. */
  readonly area: readonly [number, number];
  /** Width / height, above 0; torchvision's default is [3/4, 4/3]. */
  readonly ratio: readonly [number, number];
}

/** Draws that may fail before the largest box in the middle is taken; torchvision's number. */
const tries = 10;

/** Checks the ranges. @throws RangeError if one is reversed or not within its bounds. */
export function checkCropRanges({ area, ratio }: CropRanges): void {
  if (!(area[0] > 0 && area[0] <= area[1] && area[1] <= 1))
    throw new RangeError(`area must be [least, most] with 0 < least <= most <= 1, not [${area.join(', ')}].`);
  if (!(ratio[0] > 0 && ratio[0] <= ratio[1] && ratio[1] < Number.POSITIVE_INFINITY))
    throw new RangeError(`ratio must be [least, most] with 0 < least <= most, not [${ratio.join(', ')}].`);
}

const between = (low: number, high: number, random: () => number): number => low + (high - low) * random();

/** Places `box` anywhere in the picture; every place is equally likely. */
function place(size: Size, box: Size, random: () => number): Rectangle {
  const top = Math.floor(random() * (size.height - box.height + 1));
  const left = Math.floor(random() * (size.width - box.width + 1));
  return { left, top, width: box.width, height: box.height };
}

/** Returns the largest centred box whose proportions are within the range. */
function centreBox({ width, height }: Size, ratio: CropRanges['ratio']): Rectangle {
  const [narrowest, widest] = ratio;
  const box = { width, height };
  if (width / height < narrowest) box.height = Math.max(1, roundHalfEven(width / narrowest));
  else if (width / height > widest) box.width = Math.max(1, roundHalfEven(height * widest));
  return {
    left: Math.floor((width - box.width) / 2),
    top: Math.floor((height - box.height) / 2),
    ...box,
  };
}

/**
 * Draws a box inside a picture of `size` pixels as torchvision's `RandomResizedCrop` does: the area is uniform and the
 * proportions are log-uniform in their ranges. If ten draws do not fit, it returns the largest centred box.
 * @param random returns numbers in [0, 1)
 * @throws RangeError if a range is reversed or not within its bounds.
 */
export function randomResizedCropBox(size: Size, ranges: CropRanges, random: () => number): Rectangle {
  checkCropRanges(ranges);
  const { area, ratio } = ranges;
  for (let attempt = 0; attempt < tries; attempt++) {
    const target = size.width * size.height * between(area[0], area[1], random);
    const proportion = Math.exp(between(Math.log(ratio[0]), Math.log(ratio[1]), random));
    const width = roundHalfEven(Math.sqrt(target * proportion));
    const height = roundHalfEven(Math.sqrt(target / proportion));
    if (width > 0 && width <= size.width && height > 0 && height <= size.height)
      return place(size, { width, height }, random);
  }
  return centreBox(size, ratio);
}

/**
 * Draws a box of `crop` pixels anywhere inside a picture of `size` pixels, as torchvision's `RandomCrop` does.
 * @param random returns numbers in [0, 1)
 * @throws RangeError if the crop is larger than the picture.
 */
export function randomCropBox(size: Size, crop: Size, random: () => number): Rectangle {
  if (crop.width > size.width || crop.height > size.height)
    throw new RangeError(
      `A crop of ${crop.width} x ${crop.height} pixels does not fit into a picture of ${size.width} x ${size.height}.`,
    );
  return place(size, crop, random);
}

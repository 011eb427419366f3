import { checkOneOf, checkWhole } from '../arguments.ts';
import type { Rectangle } from './crop.ts';

/** One of PIL's resampling filters: the kernel is widened by the reduction (antialiasing). */
export type Filter = 'bilinear' | 'bicubic' | 'lanczos';

/** A resize of the shorter side to `size` pixels; the longer one follows: torchvision's `Resize(size)`. */
export interface ShortSide {
  readonly mode: 'short-side';
  readonly size: number;
  readonly filter: Filter;
}

/** A resize of both sides, whatever the proportions: torchvision's `Resize((height, width))`. */
export interface Squash {
  readonly mode: 'squash';
  readonly width: number;
  readonly height: number;
  readonly filter: Filter;
}

/** The ways to resize a picture. */
export type Resize = ShortSide | Squash | { readonly mode: 'none' };

/** The steps before a picture reaches a model: it is resized, then cropped at the centre. Sizes are in pixels. */
export interface Preprocessing {
  readonly resize: Resize;
  readonly crop: { readonly width: number; readonly height: number };
}

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** `Preprocessing` computed for one picture. */
export interface PreprocessingPlan {
  readonly resized: Size;
  /** The part of the resized picture that is kept. */
  readonly kept: Rectangle;
  /** Black border around it in pixels, if the resized picture is smaller than the crop. */
  readonly border: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  };
}

/** The range of a side in pixels. */
const side = { from: 1, to: 4096 };

/** Checks resize and crop. @throws RangeError if a side is not a whole number from 1 to 4096. */
export function checkPreprocessing({ resize, crop }: Preprocessing): void {
  checkWhole('crop.width', crop.width, side);
  checkWhole('crop.height', crop.height, side);
  checkResize(resize);
}

/**
 * Checks a resize.
 * @throws RangeError if a side is not a whole number from 1 to 4096.
 * @throws TypeError if the mode is unknown.
 */
export function checkResize(resize: Resize): void {
  checkOneOf('resize.mode', resize.mode, ['short-side', 'squash', 'none']);
  if (resize.mode === 'short-side') checkWhole('resize.size', resize.size, side);
  if (resize.mode === 'squash') {
    checkWhole('resize.width', resize.width, side);
    checkWhole('resize.height', resize.height, side);
  }
}

/** Returns the size after the resize; the longer side is rounded down, as torchvision does. */
export function resizedSize({ width, height }: Size, resize: Resize): Size {
  if (resize.mode === 'none') return { width, height };
  if (resize.mode === 'squash') return { width: resize.width, height: resize.height };
  const { size } = resize;
  return width <= height
    ? { width: size, height: Math.floor((size * height) / width) }
    : { width: Math.floor((size * width) / height), height: size };
}

/** Rounds as Python's `round`: halves go to the even neighbour. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Computes one axis of torchvision's `center_crop`: start and length of the kept part, and the border around it. */
function centreCrop(
  side: number,
  target: number,
): { start: number; length: number; before: number; after: number } {
  if (side >= target)
    return { start: roundHalfEven((side - target) / 2), length: target, before: 0, after: 0 };
  const before = Math.floor((target - side) / 2);
  return { start: 0, length: side, before, after: target - side - before };
}

/**
 * Computes resize and centre crop for a picture of `size`, with the rounding of torchvision's `Resize` and
 * `CenterCrop` on PIL images (`torchvision/transforms/functional.py`).
 * @throws RangeError if a side of `preprocessing` is not a whole number from 1 to 4096.
 */
export function planPreprocessing(size: Size, preprocessing: Preprocessing): PreprocessingPlan {
  checkPreprocessing(preprocessing);
  const resized = resizedSize(size, preprocessing.resize);
  const x = centreCrop(resized.width, preprocessing.crop.width);
  const y = centreCrop(resized.height, preprocessing.crop.height);
  return {
    resized,
    kept: { left: x.start, top: y.start, width: x.length, height: y.length },
    border: { left: x.before, top: y.before, right: x.after, bottom: y.after },
  };
}

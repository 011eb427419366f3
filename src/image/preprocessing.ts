import type { Rectangle } from './crop.ts';

/** Resampling filter, PIL's: the kernel is widened by the reduction (antialiasing). */
export type Filter = 'bilinear' | 'bicubic' | 'lanczos';

/** The shorter side becomes `size` pixels, the longer one follows: torchvision's `Resize(size)`. */
export interface ShortSide {
  readonly mode: 'short-side';
  readonly size: number;
  readonly filter: Filter;
}

/** Both sides as given, whatever the proportions: torchvision's `Resize((height, width))`. */
export interface Squash {
  readonly mode: 'squash';
  readonly width: number;
  readonly height: number;
  readonly filter: Filter;
}

/** How a picture is brought to size. */
export type Resize = ShortSide | Squash | { readonly mode: 'none' };

/** What happens to a picture before a model sees it: resized, then cropped at the centre. Sizes in pixels. */
export interface Preprocessing {
  readonly resize: Resize;
  readonly crop: { readonly width: number; readonly height: number };
}

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** `Preprocessing` worked out for one picture. */
export interface PreprocessingPlan {
  readonly resized: Size;
  /** The part of the resized picture that is kept. */
  readonly kept: Rectangle;
  /** Black border around it, where the resized picture is smaller than the crop. */
  readonly border: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  };
}

function checkSide(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1 || value > 4096)
    throw new RangeError(`${name} must be a whole number from 1 to 4096, not ${value}`);
}

/** @throws RangeError when a side is not a whole number from 1 to 4096. */
export function checkPreprocessing({ resize, crop }: Preprocessing): void {
  checkSide('crop.width', crop.width);
  checkSide('crop.height', crop.height);
  checkResize(resize);
}

/** @throws RangeError when a side is not a whole number from 1 to 4096. */
export function checkResize(resize: Resize): void {
  if (!['short-side', 'squash', 'none'].includes(resize.mode))
    throw new RangeError(`resize.mode must be short-side, squash or none, not ${resize.mode}`);
  if (resize.mode === 'short-side') checkSide('resize.size', resize.size);
  if (resize.mode === 'squash') {
    checkSide('resize.width', resize.width);
    checkSide('resize.height', resize.height);
  }
}

/** Size after the resize; the longer side is rounded down, as torchvision does. */
export function resizedSize({ width, height }: Size, resize: Resize): Size {
  if (resize.mode === 'none') return { width, height };
  if (resize.mode === 'squash') return { width: resize.width, height: resize.height };
  const { size } = resize;
  return width <= height
    ? { width: size, height: Math.floor((size * height) / width) }
    : { width: Math.floor((size * width) / height), height: size };
}

/** Python's `round`: halves go to the even neighbour. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** One axis of torchvision's `center_crop`: where the kept part starts, how long it is, and the border around it. */
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
 * Works out resize and centre crop for a picture of `size`, with the rounding of torchvision's `Resize` and
 * `CenterCrop` on PIL images (`torchvision/transforms/functional.py`).
 * @throws RangeError when a side of `preprocessing` is not a whole number from 1 to 4096.
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

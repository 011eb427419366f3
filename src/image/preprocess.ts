import type { Sharp } from 'sharp';
import type { Rectangle } from './crop.ts';
import { inTurn } from './in-turn.ts';
import { lockedSharp } from './locked-sharp.ts';
import { asBytes, checkPixels, type Pixels } from './pixels.ts';
import {
  checkResize,
  type Filter,
  type Preprocessing,
  planPreprocessing,
  type Resize,
  resizedSize,
  type Size,
} from './preprocessing-plan.ts';
import { resample } from './resample.ts';

const kernels: Readonly<Record<Filter, 'linear' | 'cubic' | 'lanczos3'>> = {
  bilinear: 'linear',
  bicubic: 'cubic',
  lanczos: 'lanczos3',
};

/**
 * The largest cubic reduction before the final one. To reduce to a quarter or less, libvips first averages blocks of
 * pixels, which moves sharp edges by up to 20 levels from PIL's values.
 */
const largestReduction = 3.95;

const coarseSide = (side: number, target: number): number =>
  side / target < 4 ? side : Math.ceil(target * largestReduction);

const sameSize = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height;

/** Runs a pipeline of RGB pixels. */
export async function toPixels(pipeline: Sharp): Promise<Pixels> {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  return { data: asBytes(data), width: info.width, height: info.height };
}

/** Returns a pipeline over pixels. Its crop of everything keeps `resize` and a later `extract` in the order of their calls. */
export function fromPixels({ data, width, height }: Pixels): Sharp {
  return lockedSharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false }).extract({
    left: 0,
    top: 0,
    width,
    height,
  });
}

const reduce = (pipeline: Sharp, size: Size, filter: Filter): Sharp =>
  pipeline.resize({ ...size, fit: 'fill', kernel: kernels[filter] });

/** Resizes to `target` and returns the part `kept` as a pipeline: libvips reduces, `resample` enlarges. */
async function resizeTo(
  pipeline: Sharp,
  from: Size,
  target: Size,
  kept: Rectangle,
  filter: Filter,
): Promise<Sharp> {
  const coarse = {
    width: coarseSide(from.width, target.width),
    height: coarseSide(from.height, target.height),
  };
  if (!sameSize(coarse, from))
    return resizeTo(
      fromPixels(await toPixels(reduce(pipeline, coarse, 'bicubic'))),
      coarse,
      target,
      kept,
      filter,
    );
  const reduced = { width: Math.min(from.width, target.width), height: Math.min(from.height, target.height) };
  const smaller = reduce(pipeline, reduced, filter);
  if (sameSize(reduced, target)) return smaller.extract({ ...kept });
  const pixels = await toPixels(smaller);
  return fromPixels(await inTurn(() => resample(pixels, target, kept, filter)));
}

/**
 * Resizes and crops the output of a pipeline of upright RGB pixels of size `from`.
 * @returns `uint8[crop.height,crop.width,3]`
 * @throws RangeError if a side of `preprocessing` is out of range.
 * @throws Error of sharp if the input is damaged.
 */
export async function preprocessPipeline(
  pipeline: Sharp,
  from: Size,
  { resize, crop }: Preprocessing,
): Promise<Uint8Array<ArrayBuffer>> {
  const { resized, kept, border } = planPreprocessing(from, { resize, crop });
  const sized =
    resize.mode === 'none'
      ? pipeline.extract({ ...kept })
      : await resizeTo(pipeline, from, resized, kept, resize.filter);
  return asBytes(
    await sized
      .extend({ ...border, background: '#000000' })
      .raw()
      .toBuffer(),
  );
}

/**
 * Resizes the output of a pipeline of upright RGB pixels of size `from`, and keeps all of it.
 * @throws RangeError if a side of `resize` is out of range.
 * @throws Error of sharp if the input is damaged.
 */
export async function resizePipeline(pipeline: Sharp, from: Size, resize: Resize): Promise<Pixels> {
  checkResize(resize);
  if (resize.mode === 'none') return toPixels(pipeline);
  const target = resizedSize(from, resize);
  const whole = { left: 0, top: 0, ...target };
  return toPixels(await resizeTo(pipeline, from, target, whole, resize.filter));
}

/**
 * Resizes and crops as torchvision's `Resize` and `CenterCrop` do with PIL images; a picture that is smaller than the crop
 * gets a black border. Values are within two levels of PIL's, and equal if the picture is enlarged (golden tests). They
 * differ more only where the filter overshoots black or white, which PIL clips in another order.
 * @returns `uint8[crop.height,crop.width,3]`
 * @throws RangeError if the pixels do not fit their size, or a side of `preprocessing` is not from 1 to 4096.
 */
export async function preprocess(
  pixels: Pixels,
  preprocessing: Preprocessing,
): Promise<Uint8Array<ArrayBuffer>> {
  checkPixels(pixels);
  return preprocessPipeline(fromPixels(pixels), pixels, preprocessing);
}

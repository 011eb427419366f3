import type { Sharp } from 'sharp';
import { lockedSharp } from './loaders.ts';
import { checkPixels, type Pixels } from './pixels.ts';
import {
  type Filter,
  type Preprocessing,
  type PreprocessingPlan,
  planPreprocessing,
} from './preprocessing.ts';

const kernels: Readonly<Record<Filter, 'linear' | 'cubic' | 'lanczos3'>> = {
  bilinear: 'linear',
  bicubic: 'cubic',
  lanczos: 'lanczos3',
};

/** Adds resize, centre crop and border to a pipeline of RGB pixels; its output is raw. */
export function applyPlan(pipeline: Sharp, plan: PreprocessingPlan, { resize }: Preprocessing): Sharp {
  const resized =
    resize.mode === 'none'
      ? pipeline
      : pipeline.resize({
          ...plan.resized,
          fit: 'fill',
          kernel: kernels[resize.filter],
          fastShrinkOnLoad: false,
        });
  return resized
    .extract({ ...plan.kept })
    .extend({ ...plan.border, background: '#000000' })
    .raw();
}

/**
 * Resizes and crops as torchvision does on PIL images.
 * @returns `uint8[crop.height, crop.width, 3]`
 * @throws RangeError when the pixels or a side of `preprocessing` are out of range.
 */
export async function preprocess(
  pixels: Pixels,
  preprocessing: Preprocessing,
): Promise<Uint8Array<ArrayBuffer>> {
  checkPixels(pixels);
  const { data, width, height } = pixels;
  const plan = planPreprocessing({ width, height }, preprocessing);
  const input = lockedSharp(data, { raw: { width, height, channels: 3 } }).extract({
    left: 0,
    top: 0,
    width,
    height,
  });
  const output = await applyPlan(input, plan, preprocessing).toBuffer();
  return new Uint8Array(output.buffer as ArrayBuffer, output.byteOffset, output.length);
}

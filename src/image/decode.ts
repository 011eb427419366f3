import type { Sharp } from 'sharp';
import { SnapshelfError } from '../errors.ts';
import { type CropBox, type Rectangle, resolveCrop } from './crop.ts';
import { explainFailure } from './explain-failure.ts';
import { type Header, readHeader } from './header.ts';
import { defaultLimits, type ImageLimits } from './limits.ts';
import { lockedSharp } from './locked-sharp.ts';
import type { Pixels } from './pixels.ts';
import { fromPixels, preprocessPipeline, resizePipeline, toPixels } from './preprocess.ts';
import {
  checkPreprocessing,
  checkResize,
  type Preprocessing,
  type Resize,
  resizedSize,
  type Size,
} from './preprocessing-plan.ts';

/** Options of `decodeImage` and `preprocessImage`. */
export interface DecodeOptions {
  /** Defaults to `defaultLimits`. */
  readonly limits?: ImageLimits | undefined;
  /** The part to keep. Default: the whole picture. */
  readonly crop?: CropBox | undefined;
  /** Checked before each stage; work that has begun in libvips is not interrupted. */
  readonly signal?: AbortSignal | undefined;
}

/** Returns the pipeline from bytes to upright sRGB pixels of `area`. */
function openPicture(header: Header, area: Rectangle, limits: ImageLimits): Sharp {
  const input = lockedSharp(header.bytes, {
    autoOrient: true,
    // Truncation and damage are refused; warnings, which many a phone's JPEG causes, are not.
    failOn: 'error',
    // PIL ignores profiles, and so do the pixels that models learn from; CMYK makes no sense without one.
    ignoreIcc: !header.cmyk,
    limitInputPixels: limits.maxPixels,
    sequentialRead: true,
  });
  return (
    input
      .timeout({ seconds: limits.timeoutSeconds })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      // Also for the whole picture: it keeps libvips from decoding a JPEG at a reduced size, whose pixels differ.
      .extract({ ...area })
  );
}

/** A picture whose header passed all checks. */
interface OpenPicture {
  readonly header: Header;
  readonly area: Rectangle;
  readonly pipeline: Sharp;
  readonly limits: ImageLimits;
}

async function open(bytes: Uint8Array, options: DecodeOptions): Promise<OpenPicture> {
  const { limits = defaultLimits, crop, signal } = options;
  signal?.throwIfAborted();
  const header = await readHeader(bytes, limits);
  signal?.throwIfAborted();
  const whole = { left: 0, top: 0, width: header.width, height: header.height };
  const area = crop === undefined ? whole : resolveCrop(crop, header.width, header.height);
  return { header, area, pipeline: openPicture(header, area, limits), limits };
}

/**
 * Decodes a picture: upright (EXIF), RGB, alpha composed over white, 16 bits reduced to 8, first frame of an animation.
 * ICC profiles are ignored, as PIL's `convert('RGB')` does, except for CMYK, which is converted by its profile, or by
 * libvips' own if it has none.
 * @throws SnapshelfError `image-empty`, `image-too-large`, `image-unsupported`, `image-corrupt`,
 * `image-too-many-pixels`, `image-timeout`, `crop-invalid`.
 * @throws unknown the signal's reason if it aborts.
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Pixels> {
  const { pipeline, limits } = await open(bytes, options);
  const pixels = await toPixels(pipeline).catch((error: unknown) => explainFailure(error, limits));
  options.signal?.throwIfAborted();
  return pixels;
}

/** Reduces 16 bits to 8 before a resize, because after it they would round otherwise than `decodeImage` does. */
const shallow = async ({ header, pipeline }: OpenPicture): Promise<Sharp> =>
  header.deep ? fromPixels(await toPixels(pipeline)) : pipeline;

/**
 * Does `decodeImage` and `preprocess` in one pass, without the full-size pixels in between: the same pixels, faster.
 * @returns `uint8[crop.height,crop.width,3]`
 * @throws SnapshelfError as `decodeImage`.
 * @throws RangeError if `preprocessing` is out of range.
 */
export async function preprocessImage(
  bytes: Uint8Array,
  preprocessing: Preprocessing,
  options: DecodeOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  checkPreprocessing(preprocessing);
  const picture = await open(bytes, options);
  const data = await shallow(picture)
    .then((pipeline) => preprocessPipeline(pipeline, picture.area, preprocessing))
    .catch((error: unknown) => explainFailure(error, picture.limits));
  options.signal?.throwIfAborted();
  return data;
}

/** Checks the resized size. @throws SnapshelfError `image-too-many-pixels` if a long, thin picture would become huge. */
function checkResized(size: Size, { maxPixels }: ImageLimits): void {
  if (size.width > 0 && size.height > 0 && size.width * size.height <= maxPixels) return;
  throw new SnapshelfError(
    'image-too-many-pixels',
    `The image would be resized to ${size.width} x ${size.height} pixels; 1 to ${maxPixels} are allowed. Its sides differ too much.`,
    { details: { ...size, maxPixels } },
  );
}

/**
 * Does `decodeImage` and a resize in one pass; the whole resized picture is kept.
 * @throws SnapshelfError as `decodeImage`; `image-too-many-pixels` also if the resized picture would have more pixels than
 * the limits allow.
 * @throws RangeError if a side of `resize` is not from 1 to 4096.
 */
export async function resizeImage(
  bytes: Uint8Array,
  resize: Resize,
  options: DecodeOptions = {},
): Promise<Pixels> {
  checkResize(resize);
  const picture = await open(bytes, options);
  checkResized(resizedSize(picture.area, resize), picture.limits);
  const pixels = await shallow(picture)
    .then((pipeline) => resizePipeline(pipeline, picture.area, resize))
    .catch((error: unknown) => explainFailure(error, picture.limits));
  options.signal?.throwIfAborted();
  return pixels;
}

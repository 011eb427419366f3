import type { Sharp } from 'sharp';
import { type CropBox, type Rectangle, resolveCrop } from './crop.ts';
import { explainFailure } from './failures.ts';
import { type Header, readHeader } from './header.ts';
import { defaultLimits, type ImageLimits } from './limits.ts';
import { lockedSharp } from './loaders.ts';
import { asBytes, type Pixels } from './pixels.ts';
import { preprocessPipeline } from './preprocess.ts';
import { checkPreprocessing, type Preprocessing } from './preprocessing.ts';

/** Options of `decodeImage` and `preprocessImage`. */
export interface DecodeOptions {
  /** Defaults to `defaultLimits`. */
  readonly limits?: ImageLimits | undefined;
  /** Keep only this part. */
  readonly crop?: CropBox | undefined;
  /** Checked before each stage; what has begun in libvips ends by itself. */
  readonly signal?: AbortSignal | undefined;
}

/** The pipeline from bytes to upright sRGB pixels of `area`. */
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

async function open(
  bytes: Uint8Array,
  options: DecodeOptions,
): Promise<{ pipeline: Sharp; area: Rectangle; limits: ImageLimits }> {
  const { limits = defaultLimits, crop, signal } = options;
  signal?.throwIfAborted();
  const header = await readHeader(bytes, limits);
  signal?.throwIfAborted();
  const whole = { left: 0, top: 0, width: header.width, height: header.height };
  const area = crop === undefined ? whole : resolveCrop(crop, header.width, header.height);
  return { pipeline: openPicture(header, area, limits), area, limits };
}

/**
 * Decodes a picture: upright (EXIF), RGB, alpha laid on white, 16 bits reduced to 8, first frame of an animation.
 * ICC profiles are ignored as PIL's `convert('RGB')` does, except for CMYK, which is converted by its profile.
 * @throws SnapshelfError `image-empty`, `image-too-large`, `image-unsupported`, `image-corrupt`,
 * `image-too-many-pixels`, `image-timeout`, `crop-invalid`; the signal's reason when aborted.
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Pixels> {
  const { pipeline, area, limits } = await open(bytes, options);
  const { data } = await pipeline
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => explainFailure(error, limits));
  options.signal?.throwIfAborted();
  return { data: asBytes(data), width: area.width, height: area.height };
}

/**
 * `decodeImage` and `preprocess` in one pass, without the full-size pixels in between: the same pixels, faster.
 * @returns `uint8[crop.height, crop.width, 3]`
 * @throws as `decodeImage`; RangeError when `preprocessing` is out of range.
 */
export async function preprocessImage(
  bytes: Uint8Array,
  preprocessing: Preprocessing,
  options: DecodeOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  checkPreprocessing(preprocessing);
  const { pipeline, area, limits } = await open(bytes, options);
  const data = await preprocessPipeline(pipeline, area, preprocessing).catch((error: unknown) =>
    explainFailure(error, limits),
  );
  options.signal?.throwIfAborted();
  return data;
}

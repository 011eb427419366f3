import type { Sharp } from 'sharp';
import { SnapshelfError } from '../errors.ts';
import { Semaphore } from '../threads/index.ts';
import { type CropBox, type Rectangle, resolveCrop } from './crop.ts';
import { explainFailure } from './explain-failure.ts';
import { type Header, readHeader } from './header.ts';
import { defaultLimits, type ImageLimits, maxCoefficientBytes, progressiveBytes } from './limits.ts';
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

/** Runs the decoding of a picture of so many pixels when it is its turn. */
export type Turn = <T>(pixels: number, decode: () => Promise<T>) => Promise<T>;

/** Options of `decodeImage` and `preprocessImage`. */
export interface DecodeOptions {
  /** Defaults to `defaultLimits`. */
  readonly limits?: ImageLimits | undefined;
  /** The part to keep. Default: the whole picture. */
  readonly crop?: CropBox | undefined;
  /** Checked before each stage; work that has begun in libvips is not interrupted. */
  readonly signal?: AbortSignal | undefined;
  /** Asked for a turn once the header is read. Default: it begins at once. */
  readonly turn?: Turn | undefined;
}

/** Returns the pipeline from bytes to upright sRGB pixels of `area`. */
function openPicture(header: Header, area: Rectangle, limits: ImageLimits): Sharp {
  const input = lockedSharp(header.bytes, {
    autoOrient: true,
    // Truncation and damage are refused; warnings, which many a phone's JPEG causes, are not.
    failOn: 'error',
    // A profile counts for people and models alike (docs/models.md has the recall); CMYK makes no sense without one.
    ignoreIcc: !(header.cmyk || header.profile),
    limitInputPixels: limits.maxPixels,
    sequentialRead: true,
  });
  // sharp would ignore the profile of deep grey pixels, and misread those of deep colours.
  if (header.profile && header.deep) input.pipelineColourspace(header.grey ? 'b-w' : 'srgb');
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

/** Progressive JPEGs wait for each other: their coefficients would fill the memory of a machine with many cores. */
const coefficients = new Semaphore(maxCoefficientBytes);

/** Checks a JPEG that lacked its end marker. @throws SnapshelfError `image-corrupt` if scan data is missing as well. */
async function checkEnd(header: Header, limits: ImageLimits): Promise<void> {
  const whole = { left: 0, top: 0, width: header.width, height: header.height };
  const read = async (bytes: Uint8Array): Promise<Uint8Array> =>
    (await toPixels(openPicture({ ...header, bytes }, whole, limits))).data;
  if (header.checks.length === 0) return;
  const pixels = await read(header.bytes);
  for (const check of header.checks)
    if (Buffer.compare(pixels, await read(check)) !== 0)
      throw new SnapshelfError(
        'image-corrupt',
        'The image is cut off: its last part is missing. Send all of it.',
      );
}

/** Opens a picture and works on it. The pixels of one without a profile, or with that of sRGB, are not converted. */
async function withPicture<T>(
  bytes: Uint8Array,
  options: DecodeOptions,
  work: (picture: OpenPicture) => Promise<T>,
): Promise<T> {
  const picture = await open(bytes, options);
  const { header, limits } = picture;
  const run = async (): Promise<T> => {
    try {
      await checkEnd(header, limits);
      return await work(picture);
    } catch (error) {
      if (error instanceof SnapshelfError) throw error;
      return explainFailure(error, limits);
    }
  };
  const pixels = header.width * header.height;
  const decode = (): Promise<T> =>
    header.progressive ? coefficients.run(pixels * progressiveBytes, run, { signal: options.signal }) : run();
  const result = await (options.turn?.(pixels, decode) ?? decode());
  options.signal?.throwIfAborted();
  return result;
}

/**
 * Decodes a picture: upright (EXIF), sRGB by its colour profile, alpha composed over white, 16 bits reduced to 8, first
 * frame of an animation. Without a profile it is taken as sRGB, or CMYK by libvips' own profile.
 * @throws SnapshelfError `image-empty`, `image-too-large`, `image-unsupported`, `image-corrupt`,
 * `image-too-many-pixels`, `image-timeout`, `crop-invalid`.
 * @throws unknown the signal's reason if it aborts.
 */
export const decodeImage = (bytes: Uint8Array, options: DecodeOptions = {}): Promise<Pixels> =>
  withPicture(bytes, options, ({ pipeline }) => toPixels(pipeline));

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
  return withPicture(bytes, options, async (picture) =>
    preprocessPipeline(await shallow(picture), picture.area, preprocessing),
  );
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
  return withPicture(bytes, options, async (picture) => {
    checkResized(resizedSize(picture.area, resize), picture.limits);
    return resizePipeline(await shallow(picture), picture.area, resize);
  });
}

import type { Metadata } from 'sharp';
import { SnapshelfError } from '../errors.ts';
import { declaredSizes } from './declared-size.ts';
import { explainFailure } from './explain-failure.ts';
import { asStillAvif, type ImageFormat, sniffFormat } from './formats.ts';
import { isSrgbProfile } from './icc-profile.ts';
import { withEndMarker } from './jpeg-end.ts';
import { defaultLimits, type ImageLimits, maxSide } from './limits.ts';
import { lockedSharp } from './locked-sharp.ts';
import { withoutAncillaryChunks } from './png-chunks.ts';
import type { Size } from './preprocessing-plan.ts';

/** The header of a picture; nothing has been decoded. Width and height are in pixels, after EXIF orientation. */
export interface Header {
  readonly format: ImageFormat;
  readonly width: number;
  readonly height: number;
  /** For example `image/jpeg`. */
  readonly mediaType: string;
  readonly cmyk: boolean;
  readonly grey: boolean;
  /** True if samples have more than 8 bits. */
  readonly deep: boolean;
  readonly progressive: boolean;
  /** True if the picture has a colour profile of another space than sRGB. */
  readonly profile: boolean;
  /** The bytes to decode: the picture without parts that only cost time, with the end marker that a JPEG may lack. */
  readonly bytes: Uint8Array;
  /** Other endings of a JPEG that was given one: if their pixels differ, the picture is cut off. Else none. */
  readonly checks: readonly Uint8Array[];
}

function checkSize(bytes: Uint8Array, { maxBytes }: ImageLimits): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`image must be a Uint8Array, not ${typeof bytes}.`);
  if (bytes.length === 0)
    throw new SnapshelfError('image-empty', 'The image is empty (0 bytes). Send the picture itself.');
  if (bytes.length > maxBytes)
    throw new SnapshelfError(
      'image-too-large',
      `The image has ${bytes.length} bytes, more than the ${maxBytes} allowed. Send a smaller one.`,
      { details: { bytes: bytes.length, maxBytes } },
    );
}

function checkSides({ width, height }: Size): void {
  if (width <= maxSide && height <= maxSide) return;
  throw new SnapshelfError(
    'image-too-many-pixels',
    `The image has ${width} x ${height} pixels, and a side may have ${maxSide}. Send a smaller one.`,
    { details: { width, height, maxSide } },
  );
}

function checkPixelCount({ width, height }: Size, { maxPixels }: ImageLimits): void {
  checkSides({ width, height });
  if (width * height <= maxPixels) return;
  throw new SnapshelfError(
    'image-too-many-pixels',
    `The image has ${width} x ${height} pixels, more than the ${maxPixels} allowed. Send a smaller one.`,
    { details: { width, height, maxPixels } },
  );
}

/** Refuses a file that is two formats at once: libvips must see the one that the signature names. */
function checkSameFormat(metadata: Metadata, format: ImageFormat): void {
  const seen = metadata.format === 'heif' && metadata.compression === 'av1' ? 'avif' : metadata.format;
  if (seen === format) return;
  throw new SnapshelfError('image-corrupt', `The image begins like ${format}, but is not a readable one.`);
}

/** Returns the bytes that libvips is to read for those of a picture. */
function readable(bytes: Uint8Array, format: ImageFormat): Pick<Header, 'bytes' | 'checks'> {
  if (format === 'jpeg') return withEndMarker(bytes);
  const lean =
    format === 'png' ? withoutAncillaryChunks(bytes) : format === 'avif' ? asStillAvif(bytes) : bytes;
  return { bytes: lean, checks: [] };
}

/**
 * Checks bytes, signature, header and pixel count, the cheapest first, without decoding. The rest of the picture may still
 * be damaged.
 * @throws SnapshelfError `image-empty`, `image-too-large`, `image-unsupported`, `image-corrupt`, `image-too-many-pixels`.
 */
export async function readHeader(bytes: Uint8Array, limits: ImageLimits = defaultLimits): Promise<Header> {
  checkSize(bytes, limits);
  const format = sniffFormat(bytes);
  // libvips would take another side than an absurd one.
  for (const size of declaredSizes(bytes, format)) checkSides(size);
  const input = readable(bytes, format);
  // The limit is checked below, so that the error can name the size.
  const metadata = await lockedSharp(input.bytes, { limitInputPixels: false, failOn: 'none' })
    .metadata()
    .catch((error: unknown) => explainFailure(error, limits));
  checkSameFormat(metadata, format);
  checkPixelCount(metadata, limits);
  const { space, icc } = metadata;
  return {
    format,
    width: metadata.autoOrient.width,
    height: metadata.autoOrient.height,
    mediaType: `image/${format}`,
    cmyk: space === 'cmyk',
    grey: space === 'b-w' || space === 'grey16',
    deep: metadata.depth !== 'uchar',
    progressive: format === 'jpeg' && metadata.isProgressive,
    profile: icc !== undefined && !isSrgbProfile(icc),
    ...input,
  };
}

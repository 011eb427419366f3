import { SnapshelfError } from '../errors.ts';

/**
 * The part of a picture to look at, in pixels or in fractions (0 to 1) of width and height, measured after EXIF
 * orientation, that is, as people see the picture.
 */
export interface CropBox {
  readonly unit: 'pixels' | 'fractions';
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A box of whole pixels inside a picture. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const invalid = (crop: CropBox, width: number, height: number, what: string): SnapshelfError =>
  new SnapshelfError(
    'crop-invalid',
    `The crop box ${what}. Give left, top, width and height in ${crop.unit} within the ${width} x ${height} image.`,
    { details: { crop, width, height } },
  );

/**
 * Returns the pixels of a `width` x `height` picture that `crop` covers. Edges are rounded to the nearest pixel, and a box
 * that reaches beyond the picture is clamped to it.
 * @throws SnapshelfError `crop-invalid` if a number is not finite or no pixel remains.
 */
export function resolveCrop(crop: CropBox, width: number, height: number): Rectangle {
  const { unit, left, top, width: boxWidth, height: boxHeight } = crop;
  if (unit !== 'pixels' && unit !== 'fractions')
    throw invalid(crop, width, height, `has the unit ${String(unit)}, which is neither pixels nor fractions`);
  if (![left, top, boxWidth, boxHeight].every(Number.isFinite))
    throw invalid(crop, width, height, 'has a side that is not a finite number');
  if (boxWidth <= 0 || boxHeight <= 0) throw invalid(crop, width, height, 'is empty');
  const edge = (at: number, end: number): number =>
    Math.min(Math.max(Math.round(unit === 'fractions' ? at * end : at), 0), end);
  const x0 = edge(left, width);
  const x1 = edge(left + boxWidth, width);
  const y0 = edge(top, height);
  const y1 = edge(top + boxHeight, height);
  if (x1 <= x0 || y1 <= y0) throw invalid(crop, width, height, 'covers no pixel of the image');
  return { left: x0, top: y0, width: x1 - x0, height: y1 - y0 };
}

/** Checks a box. @throws RangeError if `box` is not one or more whole pixels inside a picture of `width` x `height`. */
export function checkBox(
  { width, height }: { readonly width: number; readonly height: number },
  box: Rectangle,
): void {
  const inside =
    box.left >= 0 && box.top >= 0 && box.left + box.width <= width && box.top + box.height <= height;
  const whole = Object.values(box).every(Number.isInteger);
  if (whole && inside && box.width > 0 && box.height > 0) return;
  throw new RangeError(
    `A box of ${box.width} x ${box.height} pixels at (${box.left}, ${box.top}) is not inside a ${width} x ${height} picture.`,
  );
}

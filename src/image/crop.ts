import { SnapshelfError } from '../errors.ts';

/**
 * A box to look at instead of the whole picture, in pixels or in fractions (0 to 1) of width and height, measured
 * after EXIF orientation, that is, as people see the picture.
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
 * The pixels of a `width` x `height` picture that the box covers, edges rounded to the nearest pixel. A box that
 * overflows the picture is clamped to it.
 * @throws SnapshelfError `crop-invalid` when a number is not finite, or when no pixel remains.
 */
export function resolveCrop(crop: CropBox, width: number, height: number): Rectangle {
  const { unit, left, top, width: boxWidth, height: boxHeight } = crop;
  if (unit !== 'pixels' && unit !== 'fractions')
    throw invalid(crop, width, height, `has the unit ${String(unit)}, which is neither pixels nor fractions`);
  if (![left, top, boxWidth, boxHeight].every(Number.isFinite))
    throw invalid(crop, width, height, 'has a side that is not a finite number');
  if (boxWidth <= 0 || boxHeight <= 0) throw invalid(crop, width, height, 'is empty');
  const [scaleX, scaleY] = unit === 'fractions' ? [width, height] : [1, 1];
  const edge = (at: number, end: number): number => Math.min(Math.max(Math.round(at), 0), end);
  const [x0, x1] = [edge(left * scaleX, width), edge((left + boxWidth) * scaleX, width)];
  const [y0, y1] = [edge(top * scaleY, height), edge((top + boxHeight) * scaleY, height)];
  if (x1 <= x0 || y1 <= y0) throw invalid(crop, width, height, 'covers no pixel of the image');
  return { left: x0, top: y0, width: x1 - x0, height: y1 - y0 };
}

/** @throws RangeError when `box` is not whole pixels, one or more, inside a picture of that size. */
export function checkBox(
  { width, height }: { readonly width: number; readonly height: number },
  box: Rectangle,
): void {
  const inside =
    box.left >= 0 && box.top >= 0 && box.left + box.width <= width && box.top + box.height <= height;
  const whole = Object.values(box).every(Number.isInteger);
  if (whole && inside && box.width > 0 && box.height > 0) return;
  throw new RangeError(
    `a box of ${box.width} x ${box.height} pixels at (${box.left}, ${box.top}) is not inside a ${width} x ${height} picture`,
  );
}

/** A part of a photo, in fractions of its width and height. */
export interface Crop {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The whole photo. */
export const whole: Crop = { left: 0, top: 0, width: 1, height: 1 };

/** The least width and height of a part. */
export const leastCrop = 0.08;

/** An edge or corner that is dragged; `move` is the whole box. */
export type Grip = 'move' | 'n' | 's' | 'e' | 'w' | 'ne' | 'nw' | 'se' | 'sw';

const between = (value: number, least: number, most: number): number =>
  Math.min(Math.max(value, least), most);

/** Returns the part after one of its grips was dragged by fractions of the photo; it stays inside and is never too small. */
export function dragCrop({ left, top, width, height }: Crop, grip: Grip, dx: number, dy: number): Crop {
  if (grip === 'move')
    return { left: between(left + dx, 0, 1 - width), top: between(top + dy, 0, 1 - height), width, height };
  const right = left + width;
  const bottom = top + height;
  const newLeft = grip.includes('w') ? between(left + dx, 0, right - leastCrop) : left;
  const newRight = grip.includes('e') ? between(right + dx, left + leastCrop, 1) : right;
  const newTop = grip.includes('n') ? between(top + dy, 0, bottom - leastCrop) : top;
  const newBottom = grip.includes('s') ? between(bottom + dy, top + leastCrop, 1) : bottom;
  return { left: newLeft, top: newTop, width: newRight - newLeft, height: newBottom - newTop };
}

/** True for the whole photo. */
export const isWhole = ({ width, height }: Crop): boolean => width > 0.995 && height > 0.995;

/** Returns a part as a short text for addresses: four per mille, separated by dots. */
export const cropText = ({ left, top, width, height }: Crop): string =>
  [left, top, width, height].map((value) => Math.round(value * 1000)).join('.');

/** Returns the part that a text of `cropText` names; the whole photo for anything else. */
export function cropOf(text: string | null): Crop {
  const [left = 0, top = 0, width = 1, height = 1] = (text ?? '').split('.').map((one) => Number(one) / 1000);
  const sound = [left, top, width, height].every((value) => value >= 0 && value <= 1);
  return sound && width >= leastCrop && height >= leastCrop && left + width <= 1.001 && top + height <= 1.001
    ? { left, top, width, height }
    : whole;
}

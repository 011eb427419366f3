import { checkBox, type Rectangle } from './crop.ts';
import type { Picture, Pixels } from './pixels.ts';

/** Copies the part `box` of `pixels`. @throws RangeError if the box is not whole pixels inside them. */
export function cropped(pixels: Picture, box: Rectangle): Pixels {
  checkBox(pixels, box);
  const { left, top, width, height } = box;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * pixels.width + left) * 3;
    data.set(pixels.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { data, width, height };
}

/** Mirrors `pixels` left to right, in place. */
export function flipHorizontally({ data, width, height }: Pixels): void {
  for (let y = 0; y < height; y++) {
    let left = y * width * 3;
    let right = left + (width - 1) * 3;
    for (; left < right; left += 3, right -= 3) swapPixels(data, left, right);
  }
}

function swapPixels(data: Uint8Array, a: number, b: number): void {
  for (let channel = 0; channel < 3; channel++) {
    const kept = data[a + channel] ?? 0;
    data[a + channel] = data[b + channel] ?? 0;
    data[b + channel] = kept;
  }
}

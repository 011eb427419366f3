import type { PictureBatch } from './self-check.ts';

/** Draws pictures to try a model on: gradients, edges and texture over the whole range of bytes, always the same. */
export function probeImages(count: number, height: number, width: number): PictureBatch {
  const pixels = new Uint8Array(count * height * width * 3);
  let at = 0;
  for (let image = 0; image < count; image += 1) {
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        for (let channel = 0; channel < 3; channel += 1)
          pixels[at++] = shade(image, y / height, x / width, channel);
      }
    }
  }
  return { count, height, width, data: pixels };
}

/** Returns the brightness of a place: a wave, a disc and fine grain, different for each picture and channel. */
function shade(image: number, y: number, x: number, channel: number): number {
  const wave = Math.sin((3 + 2 * image) * x + (5 + channel) * y + image);
  const disc = (x - 0.5) ** 2 + (y - 0.4) ** 2 < 0.02 * (image + 1) ? 60 - 50 * channel : 0;
  const grain = ((x * 7919 + y * 104_729 + channel * 31 + image) * 13) % 16;
  return Math.min(255, Math.max(0, Math.round(128 + 90 * wave + disc + grain)));
}

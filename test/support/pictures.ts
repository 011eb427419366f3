import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';

/** A JPEG of two colours in stripes: `hue` in degrees and `period` in pixels make pictures that differ. */
export async function stripes(hue: number, period: number, size = 96): Promise<Buffer> {
  const pixels = Buffer.alloc(size * size * 3);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const on = Math.floor((x + y) / period) % 2;
      for (let channel = 0; channel < 3; channel += 1) {
        const phase = ((hue + 120 * channel + 90 * on) * Math.PI) / 180;
        pixels[3 * (y * size + x) + channel] = Math.round(127.5 + 127.5 * Math.cos(phase));
      }
    }
  }
  return sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .jpeg({ quality: 92 })
    .toBuffer();
}

/** Writes `labels` folders of `each` striped pictures under `folder`; pictures of one label differ a little. */
export async function writeStripedFolders(folder: string, labels: number, each: number): Promise<string[]> {
  const paths: string[] = [];
  for (let label = 0; label < labels; label += 1) {
    for (let copy = 0; copy < each; copy += 1) {
      const path = join(folder, `label-${label}`, `${copy}.jpg`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, await stripes((360 * label) / labels + copy, 4 + 3 * label, 96 + copy));
      paths.push(path);
    }
  }
  return paths;
}

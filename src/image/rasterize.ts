// Draws the project's own vector drawings. It opens SVG, which the decoding modules block for their whole process
// (`locked-sharp.ts`), so it runs in a process of its own and is not exported by `index.ts`. SVG from outside never comes here.
import sharp from 'sharp';
import { randomNumbers } from '../random.ts';
import { asBytes } from './pixels.ts';

/** Options of `rasterize`. */
export interface RasterizeOptions {
  /** Size of the result in pixels; the drawing is fitted to it exactly. */
  readonly width: number;
  readonly height: number;
  readonly format: 'jpeg' | 'png' | 'webp';
  /** 1 to 100, for JPEG and WebP; defaults to 85. */
  readonly quality?: number | undefined;
  /** Standard deviation of a Gaussian blur in pixels, 0.3 to 1000; none by default. */
  readonly blur?: number | undefined;
  /** Grain as of a small sensor; none by default. */
  readonly noise?: Noise | undefined;
}

/** Grey grain that is added to every pixel. */
export interface Noise {
  /** Standard deviation in levels of 255. */
  readonly sigma: number;
  /** The same seed gives the same grain. */
  readonly seed: number;
}

/** Adds nearly Gaussian grain (the sum of four uniform numbers) to RGB pixels, in place. */
function addNoise(rgb: Uint8Array, { sigma, seed }: Noise): void {
  const random = randomNumbers(seed);
  // A sum of four uniform numbers has the standard deviation sqrt(4 / 12).
  const scale = sigma * Math.sqrt(3);
  for (let at = 0; at < rgb.length; at += 3) {
    const grain = (random() + random() + random() + random() - 2) * scale;
    for (let channel = at; channel < at + 3; channel++)
      rgb[channel] = Math.min(255, Math.max(0, Math.round((rgb[channel] ?? 0) + grain)));
  }
}

/**
 * Draws one of the project's SVG drawings on white and encodes it. The same input gives the same bytes.
 * @throws Error of sharp if the SVG is malformed.
 */
export async function rasterize(svg: string, options: RasterizeOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height, format, quality = 85, blur, noise } = options;
  const drawing = sharp(Buffer.from(svg))
    .resize({ width, height, fit: 'fill' })
    .flatten({ background: '#ffffff' });
  if (blur !== undefined) drawing.blur(blur);
  const rgb = await drawing.toColourspace('srgb').raw().toBuffer();
  if (noise !== undefined) addNoise(rgb, noise);
  const output = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .toFormat(format, format === 'png' ? {} : { quality })
    .toBuffer();
  return asBytes(output);
}

import type { ImageFormat } from './formats.ts';
import { IsoMedia } from './iso-media.ts';
import type { Size } from './preprocessing-plan.ts';

/** The boxes around those of the properties of pictures, and the bytes that their content has before its boxes. */
const path = [
  { type: 'meta', skipped: 4 },
  { type: 'iprp', skipped: 0 },
  { type: 'ipco', skipped: 0 },
];

/** Yields the sizes that a property says: `ispe` that of a picture, `clap` that of a part, in fractions. */
function* sizesIn(media: IsoMedia, from: number, to: number): Generator<Size> {
  for (const { type, start } of media.boxes(from, to)) {
    const [first = 0, second = 0, third = 0, fourth = 0] = [0, 4, 8, 12].map((at) =>
      media.number(start + at, 4),
    );
    if (type === 'ispe') yield { width: second, height: third };
    if (type === 'clap') yield { width: first / Math.max(second, 1), height: third / Math.max(fourth, 1) };
  }
}

function* within(media: IsoMedia, depth: number, from: number, to: number): Generator<Size> {
  const wanted = path[depth];
  if (wanted === undefined) return yield* sizesIn(media, from, to);
  for (const { type, start, end } of media.boxes(from, to))
    if (type === wanted.type) yield* within(media, depth + 1, start + wanted.skipped, end);
}

/**
 * Yields the sizes in pixels that a picture declares, in the formats whose fields hold more than a decoder can. (libvips
 * does not refuse an AVIF of 200,000,000 x 48 pixels: it complains on the error output and goes on with a width of 1.)
 */
export function* declaredSizes(bytes: Uint8Array, format: ImageFormat): Generator<Size> {
  const media = new IsoMedia(bytes);
  if (format === 'png' && media.text(12, 16) === 'IHDR')
    yield { width: media.number(16, 4), height: media.number(20, 4) };
  if (format === 'avif') yield* within(media, 0, 0, bytes.length);
}

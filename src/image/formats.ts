import { SnapshelfError } from '../errors.ts';
import { IsoMedia } from './iso-media.ts';
import { describeFormat } from './named-formats.ts';

/** The accepted picture formats. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif';

const ascii = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, end));

/** Returns the brands of an ISO media file: the major one and the compatible ones (ISO/IEC 14496-12, 4.3). */
function brandsOf(bytes: Uint8Array): string[] {
  if (bytes.length < 16 || ascii(bytes, 4, 8) !== 'ftyp') return [];
  const declared = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const end = Math.min(declared, bytes.length, 256);
  const brands = [ascii(bytes, 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(ascii(bytes, at, at + 4));
  return brands;
}

const signatures: Readonly<Record<ImageFormat, (bytes: Uint8Array) => boolean>> = {
  jpeg: (bytes) => ascii(bytes, 0, 3) === '\xff\xd8\xff',
  png: (bytes) => ascii(bytes, 0, 8) === '\x89PNG\r\n\x1a\n',
  webp: (bytes) => ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP',
  avif: (bytes) => brandsOf(bytes).some((brand) => brand === 'avif' || brand === 'avis'),
  gif: (bytes) => /^GIF8[79]a$/.test(ascii(bytes, 0, 6)),
};

/**
 * Returns the format that the first bytes name; file names and media types do not count.
 * @throws SnapshelfError `image-unsupported` if it is not one of those accepted.
 */
export function sniffFormat(bytes: Uint8Array): ImageFormat {
  const formats = Object.keys(signatures) as ImageFormat[];
  const format = formats.find((candidate) => signatures[candidate](bytes));
  if (format !== undefined) return format;
  const known = describeFormat(bytes);
  throw new SnapshelfError(
    'image-unsupported',
    known === undefined
      ? 'The file is not a JPEG, PNG, WebP, AVIF or GIF picture. Send one of these; its name does not matter, its content does.'
      : `The file is ${known.name}, not a JPEG, PNG, WebP, AVIF or GIF. ${known.advice}`,
  );
}

/**
 * Returns an AVIF as libvips takes it. An animation names itself `avis`, which libvips does not know; its still picture,
 * which it holds beside its frames, is read under the name of a picture.
 * @throws SnapshelfError `image-unsupported` if an animation has no still picture.
 */
export function asStillAvif(bytes: Uint8Array): Uint8Array {
  const boxes = new Set([...new IsoMedia(bytes).boxes(0, bytes.length)].map(({ type }) => type));
  if (boxes.has('moov') && !boxes.has('meta'))
    throw new SnapshelfError(
      'image-unsupported',
      'The file is an animated AVIF without a still picture. Save one frame as JPEG, PNG, WebP or AVIF.',
    );
  if (ascii(bytes, 8, 12) === 'avif') return bytes;
  const still = Uint8Array.from(bytes);
  still.set([0x61, 0x76, 0x69, 0x66], 8);
  return still;
}

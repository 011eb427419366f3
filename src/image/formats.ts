import { SnapshelfError } from '../errors.ts';

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
  throw new SnapshelfError(
    'image-unsupported',
    'The file is not a JPEG, PNG, WebP, AVIF or GIF picture. Send one of these; its name does not matter, its content does.',
  );
}

/** A kind of file that people send as a picture and that is not accepted, and what to do with it. */
interface NamedFormat {
  readonly name: string;
  readonly fits: (start: string) => boolean;
  readonly advice?: string;
}

const asJpeg = 'Save it as JPEG, PNG or WebP.';

/** The first bytes that are looked at. */
const looked = 512;

const begins =
  (...signatures: readonly string[]) =>
  (start: string): boolean =>
    signatures.some((signature) => start.startsWith(signature));

const isMedia = (start: string): boolean => start.slice(4, 8) === 'ftyp';

/** Returns a test of the first brands of an ISO media file (ISO/IEC 14496-12, 4.3). */
const brands =
  (pattern: RegExp) =>
  (start: string): boolean =>
    isMedia(start) && (start.slice(8, 64).match(/.{4}/gs) ?? []).some((brand) => pattern.test(brand));

/** The kinds that are named; the first that fits names the file. */
const formats: readonly NamedFormat[] = [
  {
    name: 'a HEIC picture, as an iPhone takes them',
    fits: brands(/^(?:he[iv][cxms]|mif1|msf1)$/),
    advice:
      'Export it as JPEG; an iPhone does so itself with Settings, Camera, Formats, "Most Compatible", and when it sends pictures by mail.',
  },
  { name: 'a raw picture of a camera', fits: brands(/^crx $/) },
  {
    name: 'a video',
    fits: (start) => isMedia(start) || /^RIFF.{4}AVI /s.test(start) || start.startsWith('\x1a\x45\xdf\xa3'),
    advice: 'Send a picture.',
  },
  {
    name: 'a TIFF picture, or a raw one of a camera',
    fits: begins('II*\0', 'MM\0*', 'II+\0', 'MM\0+'),
  },
  { name: 'a BMP picture', fits: (start) => start.startsWith('BM') && start.slice(6, 10) === '\0\0\0\0' },
  { name: 'a JPEG XL picture', fits: begins('\xff\x0a', '\0\0\0\x0cJXL ') },
  { name: 'a JPEG 2000 picture', fits: begins('\0\0\0\x0cjP  ', '\xff\x4f\xff\x51') },
  { name: 'a Photoshop file', fits: begins('8BPS') },
  { name: 'an icon', fits: begins('\0\0\x01\0', '\0\0\x02\0') },
  { name: 'a PDF document', fits: begins('%PDF') },
  {
    name: 'a web page, often what a server sends in place of a picture',
    fits: (start) => /^\s*<(?:!doctype\s+html|html|head)\b/i.test(withoutMark(start)),
    advice: 'Fetch the picture itself.',
  },
  {
    name: 'an SVG drawing',
    fits: (start) =>
      /^\s*<(?:svg|\?xml|!--|!doctype\s+svg)/i.test(withoutMark(start)) && /<svg\b/i.test(start),
  },
];

/** Removes the byte order mark of UTF-8. */
const withoutMark = (start: string): string => (start.startsWith('\xef\xbb\xbf') ? start.slice(3) : start);

/** Names a file that is not accepted and says what to do with it; undefined if its kind is not known. */
export function describeFormat(
  bytes: Uint8Array,
): { readonly name: string; readonly advice: string } | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, looked));
  const known = formats.find(({ fits }) => fits(start));
  return known && { name: known.name, advice: known.advice ?? asJpeg };
}

/** A kind of file that people send as a picture and that is not accepted: how it begins, and what to do with it. */
interface NamedFormat {
  readonly name: string;
  readonly starts: RegExp;
  readonly advice?: string;
}

const asJpeg = 'Save it as JPEG, PNG or WebP.';

/** The first bytes that are looked at. */
const looked = 512;

/** In this order: the first that fits names the file. Brands are those of ISO media files (ISO/IEC 14496-12, 4.3). */
const formats: readonly NamedFormat[] = [
  {
    name: 'a HEIC picture, as an iPhone takes them',
    starts: /^....ftyp(?:....){0,16}?(?:he[iv][cxms]|mif1|msf1)/s,
    advice:
      'Export it as JPEG; an iPhone does so itself with Settings, Camera, Formats, "Most Compatible", and when it sends pictures by mail.',
  },
  { name: 'a raw picture of a camera (CR3)', starts: /^....ftypcrx /s },
  { name: 'a video', starts: /^....ftyp|^RIFF....AVI |^\x1a\x45\xdf\xa3/s, advice: 'Send a picture.' },
  { name: 'a TIFF picture, or a raw one of a camera', starts: /^(?:II\*\0|MM\0\*|II\+\0|MM\0\+)/ },
  { name: 'a BMP picture', starts: /^BM....\0\0\0\0/s },
  { name: 'a JPEG XL picture', starts: /^(?:\xff\x0a|\0\0\0\x0cJXL )/ },
  { name: 'a JPEG 2000 picture', starts: /^(?:\0\0\0\x0cjP {2}|\xff\x4f\xff\x51)/ },
  { name: 'a Photoshop file', starts: /^8BPS/ },
  { name: 'an icon', starts: /^\0\0[\x01\x02]\0/ },
  { name: 'a PDF document', starts: /^%PDF/ },
  { name: 'an SVG drawing', starts: /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg/is },
  {
    name: 'a web page, often what a server sends in place of a picture',
    starts: /^(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html|<head)/i,
    advice: 'Fetch the picture itself.',
  },
];

/** Names a file that is not accepted and says what to do with it; undefined if its kind is not known. */
export function describeFormat(bytes: Uint8Array): { readonly name: string; readonly advice: string } | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, looked));
  const known = formats.find(({ starts }) => starts.test(start));
  return known && { name: known.name, advice: known.advice ?? asJpeg };
}

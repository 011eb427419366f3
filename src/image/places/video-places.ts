import { Edited } from './edited.ts';

/** Marks of the place of a film: of QuickTime and Android, and of Apple. */
const markers = ['\xa9xyz', 'com.apple.quicktime.location.ISO6709'] as const;
/** A place as ISO 6709 writes it, such as `+37.5665+126.9780/`. */
const place = /[+-]\d{2,6}(?:\.\d+)?[+-]\d{3,7}(?:\.\d+)?(?:[+-]\d+(?:\.\d+)?)?/g;

/** Type, version and flags, and language of the box that 3GPP keeps places in. */
const location = Buffer.from('loci\0\0\0\0', 'latin1');
const locationHead = 10;
/** Bytes of such a box: names of places are in it. */
const locationBytes = { least: 22, most: 4096 };

/**
 * Returns a picture without the places of a film in it, as phones put one behind the picture ("motion photo"), or the bytes themselves
 * if there are none. Digits become zeros.
 */
export function videoWithoutPlaces(picture: Uint8Array): Uint8Array {
  const bytes = Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength);
  const edited = new Edited(picture);
  const erase = (start: number, end: number, erased: (part: Buffer) => Buffer): void =>
    edited.replace([[start, end]], (part) => {
      const other = erased(Buffer.from(part));
      return other.equals(part) ? undefined : other;
    });
  if (markers.some((marker) => bytes.includes(marker, 0, 'latin1')))
    for (const { index, 0: text } of bytes.toString('latin1').matchAll(place))
      erase(index, index + text.length, () => Buffer.from(text.replace(/\d/g, '0'), 'latin1'));
  for (let at = bytes.indexOf(location, 4); at !== -1; at = bytes.indexOf(location, at + 1)) {
    const length = bytes.readUInt32BE(at - 4);
    const end = at - 4 + length;
    if (length < locationBytes.least || length > locationBytes.most || end > bytes.length) continue;
    erase(at + locationHead, end, (part) => part.fill(0));
  }
  return edited.bytes;
}

import { Edited } from './edited.ts';
import { withoutGps } from './exif-gps.ts';
import { withoutXmpPlaces } from './xmp-places.ts';

/** Some programs put the name of a JPEG's segment before the EXIF data. */
export const exifName = 'Exif\0\0';

const ascii = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, end));

/** Returns a WebP without places in its EXIF and XMP, or the bytes themselves if there are none. */
export function webpWithoutPlaces(webp: Uint8Array): Uint8Array {
  const edited = new Edited(webp);
  const view = new DataView(webp.buffer, webp.byteOffset, webp.byteLength);
  for (let at = 12; at + 8 <= webp.length; ) {
    const type = ascii(webp, at, at + 4);
    const length = view.getUint32(at + 4, true);
    const start = at + 8;
    const end = Math.min(start + length, webp.length);
    const named = ascii(webp, start, start + exifName.length) === exifName ? exifName.length : 0;
    if (type === 'EXIF') edited.replace([[start + named, end]], withoutGps);
    if (type === 'XMP ') edited.replace([[start, end]], withoutXmpPlaces);
    at = start + length + (length % 2);
  }
  return edited.bytes;
}

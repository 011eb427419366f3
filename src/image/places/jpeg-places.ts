import { Edited, type Range } from './edited.ts';
import { withoutGps } from './exif-gps.ts';
import { withoutXmpPlaces } from './xmp-places.ts';

/** Bytes of a marker and the length of its segment, before the segment's name. */
const head = 4;
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');

const exif = ascii('Exif\0');
const xmp = ascii('http://ns.adobe.com/xap/1.0/\0');
const extension = ascii('http://ns.adobe.com/xmp/extension/\0');
/** GUID, length and offset before a part of an extension. */
const extensionHead = 40;

/**
 * Lists the contents of the APP1 segments of a name, wherever they stand: also those of thumbnails and of further pictures behind
 * the first. Data of a scan has no such marker.
 */
function segments(jpeg: Uint8Array, name: Buffer, skipped: number): Range[] {
  const bytes = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
  const found: Range[] = [];
  for (let at = bytes.indexOf(name, head); at !== -1; at = bytes.indexOf(name, at + 1)) {
    if (bytes[at - 4] !== 0xff || bytes[at - 3] !== 0xe1) continue;
    const end = Math.min(at - 2 + bytes.readUInt16BE(at - 2), bytes.length);
    const start = at + name.length + skipped;
    if (start < end) found.push([start, end]);
  }
  return found;
}

/** Returns a JPEG without places in its EXIF and XMP, or the bytes themselves if there are none. */
export function jpegWithoutPlaces(jpeg: Uint8Array): Uint8Array {
  const edited = new Edited(jpeg);
  // A zero, mostly, fills the name to an even length.
  for (const range of segments(jpeg, exif, 1)) edited.replace([range], withoutGps);
  for (const range of segments(jpeg, xmp, 0)) edited.replace([range], withoutXmpPlaces);
  const parts = segments(jpeg, extension, extensionHead);
  if (parts.length > 0) edited.replace(parts, withoutXmpPlaces);
  return edited.bytes;
}

import { Edited } from './edited.ts';
import { withoutXmpPlaces } from './xmp-places.ts';

/** Extension, application, 11 bytes of name: XMP follows as it is. Its end is made so that blanks within change nothing. */
const extension = Buffer.from('\x21\xff\x0bXMP DataXMP', 'latin1');
const packetEnd = Buffer.from('<?xpacket end', 'latin1');

/** Returns a GIF without places in its XMP, or the bytes themselves if there are none. */
export function gifWithoutPlaces(gif: Uint8Array): Uint8Array {
  const edited = new Edited(gif);
  const bytes = Buffer.from(gif.buffer, gif.byteOffset, gif.byteLength);
  for (let at = bytes.indexOf(extension); at !== -1; at = bytes.indexOf(extension, at + 1)) {
    const start = at + extension.length;
    const end = bytes.indexOf(packetEnd, start);
    if (end !== -1) edited.replace([[start, end]], withoutXmpPlaces);
  }
  return edited.bytes;
}

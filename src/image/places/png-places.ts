import { crc32, inflateSync } from 'node:zlib';
import { chunksOf, type PngChunk } from '../png-chunks.ts';
import { withoutGps } from './exif-gps.ts';
import { withoutXmpPlaces } from './xmp-places.ts';

/** Bytes that a compressed text may unpack to. */
const maxTextBytes = 4 * 2 ** 20;
const head = 8;
const crcBytes = 4;

/** Makes a chunk with its length and checksum. */
function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(head + data.length + crcBytes);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, head);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, head + data.length)), head + data.length);
  return bytes;
}

function inflated(data: Uint8Array): Uint8Array | undefined {
  try {
    return inflateSync(data, { maxOutputLength: maxTextBytes });
  } catch {
    return undefined;
  }
}

/** Returns the text chunk of XMP without places, undefined if it has none. One that cannot be unpacked goes: nobody can tell. */
function cleanText(data: Uint8Array): Uint8Array | undefined {
  // Keyword, zero, compression flag and method, language, zero, translated keyword, zero, text.
  const keyword = data.indexOf(0);
  const language = data.indexOf(0, keyword + 3);
  const translated = data.indexOf(0, language + 1);
  if (keyword === -1 || language === -1 || translated === -1) return undefined;
  const text = data.subarray(translated + 1);
  const plain = data[keyword + 1] === 1 ? inflated(text) : text;
  const cleaned = plain === undefined ? new Uint8Array(0) : withoutXmpPlaces(plain);
  if (cleaned === undefined) return undefined;
  const before = Uint8Array.from(data.subarray(0, translated + 1));
  before[keyword + 1] = 0;
  return Buffer.concat([before, cleaned]);
}

/** True for a text in which other programs keep EXIF or XMP in hexadecimal, with places perhaps, or a value of GPS (`exif:GPSLatitude`). */
const mayTellPlaces = (data: Uint8Array): boolean =>
  /^(Raw profile type (exif|app1|xmp)\0|([\w ]{1,20}:)?gps)/i.test(
    String.fromCharCode(...data.subarray(0, 32)),
  );

/** Returns what stands in place of a chunk: another one, nothing, or undefined for the chunk itself. */
function replacement(png: Uint8Array, { start, end, type }: PngChunk): Uint8Array | undefined {
  const data = png.subarray(start + head, end - crcBytes);
  if (type === 'eXIf') {
    const cleaned = withoutGps(data);
    return cleaned && chunk(type, cleaned);
  }
  if (type === 'iTXt' && String.fromCharCode(...data.subarray(0, 18)) === 'XML:com.adobe.xmp\0') {
    const cleaned = cleanText(data);
    return cleaned && chunk(type, cleaned);
  }
  return ['tEXt', 'zTXt', 'iTXt'].includes(type) && mayTellPlaces(data) ? new Uint8Array(0) : undefined;
}

/** Returns a PNG without places in its EXIF and XMP, or the bytes themselves if there are none. */
export function pngWithoutPlaces(png: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  let kept = 0;
  for (const found of chunksOf(png)) {
    const other = replacement(png, found);
    if (other === undefined) continue;
    pieces.push(png.subarray(kept, found.start), other);
    kept = found.end;
  }
  return kept === 0 ? png : new Uint8Array(Buffer.concat([...pieces, png.subarray(kept)]));
}

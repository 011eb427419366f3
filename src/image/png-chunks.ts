import { inflateSync } from 'node:zlib';

/**
 * The chunks that decoding a PNG needs, besides a colour profile of bounded size. All others (text, further frames) are
 * removed before libvips sees the file: a compressed text of 50 kB unpacks to 50 MB, and libvips unpacks every one.
 */
const needed: ReadonlySet<string> = new Set(['IHDR', 'PLTE', 'tRNS', 'eXIf', 'IDAT', 'IEND']);

/** Bytes that a colour profile may unpack to. Those of monitors and cameras have a few thousand, those of printers more. */
const maxProfileBytes = 2 ** 20;

const signatureLength = 8;
/** Length, type and CRC around the data of a chunk (PNG specification, 5.3). */
const overhead = 12;

/** A chunk of a PNG: from its length to its checksum, in bytes of the file. */
export interface PngChunk {
  readonly start: number;
  readonly end: number;
  readonly type: string;
}

/** Yields the complete chunks of the file, up to and including IEND. */
export function* chunksOf(png: Uint8Array): Generator<PngChunk> {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  let start = signatureLength;
  while (start + overhead <= png.length) {
    const end = start + overhead + view.getUint32(start);
    if (end > png.length) return;
    const type = String.fromCharCode(...png.subarray(start + 4, start + 8));
    yield { start, end, type };
    if (type === 'IEND') return;
    start = end;
  }
}

/** True if the colour profile in an `iCCP` chunk unpacks to a bounded size. */
function isProfile(png: Uint8Array, { start, end }: PngChunk): boolean {
  // A name, its zero, the method of compression, and the compressed profile.
  const name = png.subarray(start + 8, Math.min(start + 8 + 80, end)).indexOf(0);
  if (name < 1) return false;
  try {
    inflateSync(png.subarray(start + 8 + name + 2, end - 4), { maxOutputLength: maxProfileBytes });
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns the picture without the chunks that decoding does not need, or `png` itself if it has none of these. A chunk
 * that is cut off stays, with what follows it, for the decoder to refuse.
 */
export function withoutAncillaryChunks(png: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [png.subarray(0, signatureLength)];
  let end = signatureLength;
  let profiles = 0;
  for (const chunk of chunksOf(png)) {
    // Only the first counts, so that many cost no time.
    const profile = chunk.type === 'iCCP' && profiles++ === 0 && isProfile(png, chunk);
    if (profile || needed.has(chunk.type)) pieces.push(png.subarray(chunk.start, chunk.end));
    end = chunk.end;
  }
  pieces.push(png.subarray(end));
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return length === png.length ? png : Buffer.concat(pieces, length);
}

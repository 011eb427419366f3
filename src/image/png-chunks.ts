/**
 * The chunks that decoding a PNG needs. All others (text, profiles, further frames) are removed before libvips sees the
 * file: a compressed text of 50 kB unpacks to 50 MB, and libvips unpacks every one.
 */
const needed: ReadonlySet<string> = new Set(['IHDR', 'PLTE', 'tRNS', 'eXIf', 'IDAT', 'IEND']);

const signatureLength = 8;
/** Length, type and CRC around the data of a chunk (PNG specification, 5.3). */
const overhead = 12;

interface Chunk {
  readonly start: number;
  readonly end: number;
  readonly type: string;
}

/** Yields the complete chunks of the file, up to and including IEND. */
function* chunksOf(png: Uint8Array): Generator<Chunk> {
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

/**
 * Returns the picture without the chunks that decoding does not need, or `png` itself if it has none of these. A chunk
 * that is cut off stays, with what follows it, for the decoder to refuse.
 */
export function withoutAncillaryChunks(png: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [png.subarray(0, signatureLength)];
  let end = signatureLength;
  for (const chunk of chunksOf(png)) {
    if (needed.has(chunk.type)) pieces.push(png.subarray(chunk.start, chunk.end));
    end = chunk.end;
  }
  pieces.push(png.subarray(end));
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return length === png.length ? png : Buffer.concat(pieces, length);
}

// A JPEG may lack its end marker, when a camera or a download stopped a moment too early, and still have all scan data.
// libvips refuses every file that ends early, so that one is given its marker here. Bits that its last scan lacks, libvips
// reads as zeros without an error; they show when the picture has other pixels with other bits in their place.

const marker = { sof0: 0xc0, sof15: 0xcf, rst0: 0xd0, eoi: 0xd9, sos: 0xda };

/** Markers of 0xc0 to 0xcf that begin no frame: Huffman tables, a reserved one, arithmetic conditioning. */
const noFrames: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc]);

/** Coefficients of a block. */
const blockLength = 64;

/** A JPEG with an end. */
export interface EndedJpeg {
  readonly bytes: Uint8Array;
  /** The same with other bits behind its data: if nothing of that is missing, all have the same pixels. None if the end was there. */
  readonly checks: readonly Uint8Array[];
}

/** Bytes of other bits: more than a decoder reads of what it lacks before the picture differs. */
const otherBits = Buffer.alloc(64, 0xaa);

/** True if entropy-coded data goes on after 0xff and this byte: a stuffed 0xff, a restart marker, or filling. */
const withinScan = (next: number): boolean => next === 0 || next === 0xff || (next >= 0xd0 && next <= 0xd7);

/** Returns where the scan ends that begins at `start`, and the number of restarts in it. */
function endOfScan(bytes: Uint8Array, start: number): { readonly end: number; readonly restarts: number } {
  let restarts = 0;
  let at = bytes.indexOf(0xff, start);
  for (; at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] ?? 0;
    if (!withinScan(next)) return { end: at, restarts };
    if (next >= marker.rst0) restarts += next === 0xff ? 0 : 1;
  }
  return { end: bytes.length, restarts };
}

/** The coefficients that the scans of a frame have brought so far. */
class Coverage {
  /** By component, the lowest bit of each coefficient that has come; 255 before it comes. */
  readonly #bits = new Map<number, Uint8Array>();
  #progressive = false;

  frame(code: number, body: Uint8Array): void {
    this.#progressive = code === 0xc2 || code === 0xc6 || code === 0xca || code === 0xce;
    for (let at = 6; at + 3 <= body.length; at += 3)
      this.#bits.set(body[at] ?? 0, new Uint8Array(blockLength).fill(255));
  }

  scan(body: Uint8Array): void {
    const count = body[0] ?? 0;
    const [first = 0, last = 0, bits = 0] = body.subarray(1 + 2 * count);
    for (let i = 0; i < count; i++) {
      const component = this.#bits.get(body[1 + 2 * i] ?? 0);
      // Whatever a sequential scan says of its range, it brings everything.
      if (this.#progressive) component?.fill(bits & 15, first, last + 1);
      else component?.fill(0);
    }
  }

  get complete(): boolean {
    return this.#bits.size > 0 && [...this.#bits.values()].every((bits) => bits.every((bit) => bit === 0));
  }
}

/**
 * Returns the restarts in the last scan of a JPEG without an end marker that has all its scans, of which the last may end
 * early; undefined for every other JPEG.
 */
function restartsBeforeEnd(bytes: Uint8Array): number | undefined {
  const coverage = new Coverage();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let restarts = 0;
  let at = 2;
  while (at + 4 <= bytes.length) {
    const code = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff || code === marker.eoi) return undefined;
    if (code === 0xff) {
      at += 1;
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    if (end > bytes.length) return undefined;
    const body = bytes.subarray(at + 4, end);
    if (code >= marker.sof0 && code <= marker.sof15 && !noFrames.has(code)) coverage.frame(code, body);
    if (code === marker.sos) coverage.scan(body);
    const scan = code === marker.sos ? endOfScan(bytes, end) : { end, restarts };
    at = scan.end;
    restarts = scan.restarts;
  }
  return coverage.complete ? restarts : undefined;
}

/** Returns the length without the zeros that a camera or disk filled the file with; 0xff 0x00 is data. */
function dataLength(bytes: Uint8Array): number {
  let length = bytes.length;
  while (length > 2 && bytes[length - 1] === 0 && bytes[length - 2] !== 0xff) length -= 1;
  // Half of the end marker.
  while (length > 2 && bytes[length - 1] === 0xff) length -= 1;
  return length;
}

/** Returns a JPEG with the end marker that it lacks, if all its scans are there; else the bytes as they are. */
export function withEndMarker(bytes: Uint8Array): EndedJpeg {
  const [before, last] = bytes.subarray(-2);
  const ends = before === 0xff && last === marker.eoi;
  const restarts = ends ? undefined : restartsBeforeEnd(bytes);
  if (restarts === undefined) return { bytes, checks: [] };
  const data = bytes.subarray(0, dataLength(bytes));
  const end = Buffer.from([0xff, marker.eoi]);
  // What is missing may begin with a restart, before which other bits would be passed over.
  const restart = Buffer.from([0xff, marker.rst0 + (restarts % 8)]);
  return {
    bytes: Buffer.concat([data, end]),
    checks: [Buffer.concat([data, otherBits, end]), Buffer.concat([data, restart, otherBits, end])],
  };
}

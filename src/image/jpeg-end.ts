// A JPEG may lack its end marker, when a camera or a download stopped a moment too early, and still have all scan data.
// libvips refuses every file that ends early, so that one is given its marker here.

const marker = { sof0: 0xc0, sof15: 0xcf, eoi: 0xd9, sos: 0xda };

/** Markers of 0xc0 to 0xcf that begin no frame: Huffman tables, a reserved one, arithmetic conditioning. */
const noFrames: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc]);

/** Coefficients of a block. */
const blockLength = 64;

/** A picture of bytes that libvips may read to their end. */
export interface WholeJpeg {
  readonly bytes: Uint8Array;
  /** True if the end marker was added: then the decoder must refuse scan data that ends early, of which it only warns. */
  readonly ended: boolean;
}

/** True if entropy-coded data goes on after 0xff and this byte: a stuffed 0xff, a restart marker, or filling. */
const withinScan = (next: number): boolean => next === 0 || next === 0xff || (next >= 0xd0 && next <= 0xd7);

function endOfScan(bytes: Uint8Array, start: number): number {
  let at = bytes.indexOf(0xff, start);
  while (at >= 0 && at + 1 < bytes.length && withinScan(bytes[at + 1] ?? 0)) at = bytes.indexOf(0xff, at + 1);
  return at < 0 || at + 1 >= bytes.length ? bytes.length : at;
}

/** What the scans of a frame have brought so far. */
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

/** True if all scans of a JPEG without an end marker are there; what the last one lacks, only its decoding shows. */
function lacksOnlyItsEnd(bytes: Uint8Array): boolean {
  const coverage = new Coverage();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 4 <= bytes.length) {
    const code = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff || code === marker.eoi) return false;
    if (code === 0xff) {
      at += 1;
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    if (end > bytes.length) return false;
    const body = bytes.subarray(at + 4, end);
    if (code >= marker.sof0 && code <= marker.sof15 && !noFrames.has(code)) coverage.frame(code, body);
    if (code === marker.sos) coverage.scan(body);
    at = code === marker.sos ? endOfScan(bytes, end) : end;
  }
  return coverage.complete;
}

/** Returns the length without the zeros that a camera or disk filled the file with; 0xff 0x00 is data. */
function dataLength(bytes: Uint8Array): number {
  let length = bytes.length;
  while (length > 2 && bytes[length - 1] === 0 && bytes[length - 2] !== 0xff) length -= 1;
  return length;
}

/** Returns a JPEG with the end marker that it lacks, if all scans are there; else the bytes as they are. */
export function withEndMarker(bytes: Uint8Array): WholeJpeg {
  const [before, last] = bytes.subarray(-2);
  if ((before === 0xff && last === marker.eoi) || !lacksOnlyItsEnd(bytes)) return { bytes, ended: false };
  const data = bytes.subarray(0, dataLength(bytes));
  const half = data.at(-1) === 0xff;
  return { bytes: Buffer.concat([data, Buffer.from(half ? [marker.eoi] : [0xff, marker.eoi])]), ended: true };
}

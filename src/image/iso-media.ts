/** Most boxes beside one another that are looked at. */
const most = 4096;

/** A box of an ISO media file. */
export interface Box {
  readonly type: string;
  /** The first byte of its content. */
  readonly start: number;
  readonly end: number;
}

/** A reader of the boxes of an ISO media file (ISO/IEC 14496-12), as AVIF is one, that never reads beyond its bytes. */
export class IsoMedia {
  readonly bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads a number of 0, 1, 2, 4 or 8 bytes; 0 beyond the end. */
  number(at: number, length: number): number {
    if (length === 0 || at + length > this.bytes.length) return 0;
    if (length > 6) return at + 8 > this.bytes.length ? 0 : Number(this.bytes.readBigUInt64BE(at));
    return this.bytes.readUIntBE(at, length);
  }

  /** Yields the boxes from one byte to another. */
  *boxes(from: number, to: number): Generator<Box> {
    let at = from;
    for (let seen = 0; at + 8 <= to && seen < most; seen++) {
      const short = this.number(at, 4);
      const length = short === 1 ? this.number(at + 8, 8) : short === 0 ? to - at : short;
      const start = at + (short === 1 ? 16 : 8);
      if (length < start - at) return;
      const end = Math.min(at + length, to);
      yield { type: this.bytes.toString('latin1', at + 4, at + 8), start, end };
      at += length;
    }
  }

  /** Returns the first box of a type. */
  box(type: string, from: number, to: number): Box | undefined {
    return [...this.boxes(from, to)].find((box) => box.type === type);
  }

  /** Returns the text that begins at a place and ends with a zero. */
  text(at: number, end: number): string {
    const zero = this.bytes.indexOf(0, at);
    return this.bytes.toString('latin1', at, Math.min(zero === -1 ? end : zero, end, at + 100));
  }
}

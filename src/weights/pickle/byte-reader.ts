import { invalid } from '../failures.ts';

/** A cursor over bytes that never leaves them. Numbers are little-endian unless stated. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Returns the next `length` bytes, not copied. */
  bytes(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** Returns a number that is rounded above 2^53, which is longer than any file. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** Returns a big-endian number, as pickles have it. */
  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /**
   * Returns the text up to the next newline, which is skipped.
   *
   * @throws SnapshelfError `weights-invalid` if there is none
   */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#position);
    if (end < 0) throw invalid('The pickle ends in the middle of a name.');
    const text = Buffer.from(this.bytes(end - this.#position)).toString('utf8');
    this.#advance(1);
    return text;
  }

  #advance(length: number): number {
    const start = this.#position;
    if (length < 0 || start + length > this.#bytes.length)
      throw invalid(
        `The file is truncated. It has ${this.#bytes.length} bytes, but byte ${start + length} is needed.`,
      );
    this.#position = start + length;
    return start;
  }
}

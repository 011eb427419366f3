import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** SHA-256 of the picture, CRC-32 of the vector; the vector follows. */
const keyBytes = 32;
const headBytes = keyBytes + 4;

/** Bytes of one record: what is after the last whole one was cut off by a crash, and is not read. */
export const recordBytes = (dimension: number): number => headBytes + 4 * dimension;

const bytesOf = (vector: Float32Array): Buffer =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);

/** A vector as a record: key, checksum, numbers in the order of the machine (x64 and arm64: little-endian). */
export function encodeRecord(key: string, vector: Float32Array): Buffer {
  const head = Buffer.alloc(headBytes);
  head.write(key, 'hex');
  head.writeUInt32LE(crc32(bytesOf(vector)), keyBytes);
  return Buffer.concat([head, bytesOf(vector)]);
}

/** A file of records that is only read. */
export class Segment {
  readonly #file: number;
  readonly #dimension: number;

  constructor(path: string, dimension: number) {
    this.#file = openSync(path, 'r');
    this.#dimension = dimension;
  }

  /** The key of every record, in order. */
  *keys(): Generator<string> {
    const size = recordBytes(this.#dimension);
    const count = Math.floor(fstatSync(this.#file).size / size);
    const key = Buffer.alloc(keyBytes);
    for (let record = 0; record < count; record += 1) {
      readSync(this.#file, key, 0, keyBytes, record * size);
      yield key.toString('hex');
    }
  }

  /** The vector of a record, or undefined where it is damaged. */
  read(record: number): Float32Array | undefined {
    const size = recordBytes(this.#dimension);
    const bytes = Buffer.alloc(size);
    if (readSync(this.#file, bytes, 0, size, record * size) !== size) return undefined;
    const vector = new Float32Array(this.#dimension);
    bytes.copy(bytesOf(vector), 0, headBytes);
    return crc32(bytesOf(vector)) === bytes.readUInt32LE(keyBytes) ? vector : undefined;
  }

  close(): void {
    closeSync(this.#file);
  }
}

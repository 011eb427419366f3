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
  readonly #path: string;
  readonly #dimension: number;

  constructor(path: string, dimension: number) {
    this.#path = path;
    this.#dimension = dimension;
  }

  /** The file is open only while it is read: there may be as many files as there were runs. */
  #opened<T>(read: (file: number) => T): T {
    const file = openSync(this.#path, 'r');
    try {
      return read(file);
    } finally {
      closeSync(file);
    }
  }

  /** The key of every record, in order. */
  keys(): string[] {
    const size = recordBytes(this.#dimension);
    const key = Buffer.alloc(keyBytes);
    return this.#opened((file) =>
      Array.from({ length: Math.floor(fstatSync(file).size / size) }, (_, record) => {
        readSync(file, key, 0, keyBytes, record * size);
        return key.toString('hex');
      }),
    );
  }

  /** The vector of a record, or undefined where it is damaged. */
  read(record: number): Float32Array | undefined {
    const size = recordBytes(this.#dimension);
    const bytes = Buffer.alloc(size);
    const length = this.#opened((file) => readSync(file, bytes, 0, size, record * size));
    if (length !== size) return undefined;
    const vector = new Float32Array(this.#dimension);
    bytes.copy(bytesOf(vector), 0, headBytes);
    return crc32(bytesOf(vector)) === bytes.readUInt32LE(keyBytes) ? vector : undefined;
  }
}

import { crc32 } from 'node:zlib';
import { readSyncAt, withFileSync } from '../../files/index.ts';

/** A record is the SHA-256 of the picture, the CRC-32 of the vector, and the vector. */
const keyBytes = 32;
const headBytes = keyBytes + 4;

/** Bytes of one record. Bytes after the last whole record were cut off by a crash and are not read. */
const recordBytes = (dimension: number): number => headBytes + 4 * dimension;

const bytesOf = (vector: Float32Array): Buffer =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);

/** Encodes a record. Numbers are in the byte order of the machine (x64 and arm64: little-endian). */
export function encodeRecord(key: string, vector: Float32Array): Buffer {
  const head = Buffer.alloc(headBytes);
  head.write(key, 'hex');
  head.writeUInt32LE(crc32(bytesOf(vector)), keyBytes);
  return Buffer.concat([head, bytesOf(vector)]);
}

/** Bytes of one file: half a million embeddings of 2,048 numbers. */
const largestSegment = 2 ** 32;

/** Reads a file of records, which may come from anybody: vectors are whole and their numbers finite. */
export class Segment {
  readonly #path: string;
  readonly #dimension: number;

  constructor(path: string, dimension: number) {
    this.#path = path;
    this.#dimension = dimension;
  }

  /** Reads the keys of the first `most` records, in order. The file is open only meanwhile: there may be many files. */
  keys(most: number): string[] {
    const size = recordBytes(this.#dimension);
    return withFileSync(this.#path, largestSegment, (file, bytes) =>
      Array.from({ length: Math.min(most, Math.floor(bytes / size)) }, (_, record) =>
        readSyncAt(file, record * size, keyBytes).toString('hex'),
      ),
    );
  }

  /** Reads the vector of a record, `float32[D]`. Returns undefined if it is damaged. */
  read(record: number): Float32Array | undefined {
    const size = recordBytes(this.#dimension);
    const bytes = withFileSync(this.#path, largestSegment, (file) => readSyncAt(file, record * size, size));
    if (bytes.length !== size) return undefined;
    const vector = new Float32Array(this.#dimension);
    bytes.copy(bytesOf(vector), 0, headBytes);
    const isWhole = crc32(bytesOf(vector)) === bytes.readUInt32LE(keyBytes);
    return isWhole && vector.every(Number.isFinite) ? vector : undefined;
  }
}

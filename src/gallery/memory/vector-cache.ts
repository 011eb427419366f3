import { existsSync, rmSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { readSyncAt, readSyncInto, removeAbandoned, withFileSync, writeInParts } from '../../files/index.ts';
import { jsonOrUndefined } from '../../json/index.ts';
import { metricNames } from '../../vectors/index.ts';
import { precisions } from './precision.ts';
import { bytesPerRow, type ChunkLayout, rowsPerWord, VectorChunk } from './vector-chunk.ts';

const blockBytes = 2 ** 22;
const maxHeadBytes = 4096;

const count = z.int().min(0);
const originSchema = z.strictObject({
  modelId: z.string(),
  generation: count,
  dimension: count,
  metric: z.enum(metricNames),
  precision: z.enum(precisions),
});
const headSchema = z.strictObject({
  formatVersion: z.literal(2),
  ...originSchema.shape,
  rows: count,
  /** Of this file alone. */
  key: z.string().regex(/^[0-9a-f]{64}$/),
});
type Head = z.infer<typeof headSchema>;

/** The vectors that a cache is of. */
export type CacheOrigin = Readonly<z.infer<typeof originSchema>>;

/** Rows of a cache: those of `chunk` from its first, and their sequence numbers. */
export interface CacheBlock {
  readonly sequences: Float64Array;
  readonly chunk: VectorChunk;
}

/**
 * The file that a collection's vectors are read from at start, as they stand in memory: a head, then blocks of rows with a
 * checksum each. It belongs to one generation; each row has the checksum that the database has for its vector.
 */
export class VectorCache {
  readonly #path: string;
  readonly #origin: CacheOrigin;
  readonly #layout: ChunkLayout;
  readonly #rowsPerBlock: number;

  constructor(path: string, origin: CacheOrigin, layout: ChunkLayout) {
    this.#path = path;
    this.#origin = origin;
    this.#layout = layout;
    this.#rowsPerBlock =
      rowsPerWord * Math.max(1, Math.floor(blockBytes / (rowsPerWord * bytesPerRow(layout))));
  }

  /** True if there is a file, whole or not. */
  get exists(): boolean {
    return existsSync(this.#path);
  }

  /** Removes the file. */
  discard(): void {
    rmSync(this.#path, { force: true });
  }

  /** Removes what a process that was killed has left of a file that it was writing. Not for a reader. */
  tidyUp(): void {
    removeAbandoned(this.#path, 0);
  }

  /**
   * Writes the file, one block in each slice: it takes the place of the former one when it is whole.
   * @param rows number of rows
   * @param key 64 hex digits that no other file has
   * @param fill puts the rows from `first` on into a block
   * @throws SnapshelfError `disk-full`, `not-writable`.
   */
  write(rows: number, key: string, fill: (block: CacheBlock, first: number) => void): Generator<void, void> {
    const head: Head = { formatVersion: 2, ...this.#origin, rows, key };
    return writeInParts(this.#path, (file) => this.#writeBlocks(file, head, fill));
  }

  *#writeBlocks(
    file: number,
    head: Head,
    fill: (block: CacheBlock, first: number) => void,
  ): Generator<void, void> {
    const { rows } = head;
    const block = this.#makeBlock();
    writeWhole(file, headOf(head));
    for (let first = 0; first < rows; first += this.#rowsPerBlock) {
      fill(block, first);
      const parts = partsOf(block, Math.min(this.#rowsPerBlock, rows - first));
      writeWhole(file, Buffer.from(Uint32Array.of(checksumOf(parts)).buffer));
      for (const part of parts) writeWhole(file, part);
      yield;
    }
  }

  /** The key that the file was written with; undefined if it has none, or is not of these vectors. */
  get key(): string | undefined {
    const head = this.#head();
    return typeof head === 'string' ? undefined : head.key;
  }

  #head(): ReadHead | string {
    return withFileSync(this.#path, Number.MAX_SAFE_INTEGER, (file, size) => this.#readHead(file, size));
  }

  /** Reads the file, one block in each slice; the blocks share one memory. Returns what is wrong with it, or undefined. */
  *read(take: (block: CacheBlock, rows: number) => string | undefined): Generator<void, string | undefined> {
    const head = this.#head();
    if (typeof head === 'string') return head;
    const block = this.#makeBlock();
    let { position } = head;
    for (let left = head.rows; left > 0; left -= this.#rowsPerBlock) {
      const rows = Math.min(this.#rowsPerBlock, left);
      const parts = partsOf(block, rows);
      position = withFileSync(this.#path, Number.MAX_SAFE_INTEGER, (file) =>
        readParts(file, position, parts),
      );
      const problem = position < 0 ? 'a part of it is damaged' : take(block, rows);
      if (problem !== undefined) return problem;
      yield;
    }
    return undefined;
  }

  #readHead(file: number, size: number): ReadHead | string {
    const lengths = readSyncAt(file, 0, 8);
    if (lengths.length < 8) return 'it is cut off';
    const length = lengths.readUInt32LE(0);
    const text = readSyncAt(file, 8, Math.min(length, maxHeadBytes));
    if (crc32(text) !== lengths.readUInt32LE(4)) return 'its head is damaged';
    const parsed = headSchema.safeParse(jsonOrUndefined(text.toString()));
    if (!parsed.success) return 'its head is not understood';
    const { rows, key, formatVersion: _, ...origin } = parsed.data;
    if (JSON.stringify(origin) !== JSON.stringify(originSchema.parse(this.#origin)))
      return 'it is of other vectors';
    const position = 8 + length;
    const blocks = Math.ceil(rows / this.#rowsPerBlock);
    const whole = position + 4 * blocks + rows * (8 + bytesPerRow(this.#layout));
    return size === whole ? { rows, key, position } : `it has ${size} bytes instead of ${whole}`;
  }

  #makeBlock(): CacheBlock {
    const rows = this.#rowsPerBlock;
    return {
      sequences: new Float64Array(rows),
      chunk: new VectorChunk({ start: 0, capacity: rows, layout: this.#layout }),
    };
  }
}

/** The head of a file, and where its first block begins. */
interface ReadHead extends Pick<Head, 'rows' | 'key'> {
  readonly position: number;
}

/** The bytes of the first rows of a block, part by part. */
function partsOf({ sequences, chunk }: CacheBlock, rows: number): Uint8Array[] {
  const { capacity } = chunk;
  return [sequences, chunk.numbers, chunk.codes, chunk.vectors].map(
    ({ buffer, byteOffset, byteLength }) =>
      new Uint8Array(buffer, byteOffset, (byteLength / capacity) * rows),
  );
}

const checksumOf = (parts: readonly Uint8Array[]): number =>
  parts.reduce((checksum, part) => crc32(part, checksum), 0);

function headOf(head: Head): Buffer {
  const text = Buffer.from(JSON.stringify(headSchema.parse(head)));
  return Buffer.concat([Buffer.from(Uint32Array.of(text.length, crc32(text)).buffer), text]);
}

/** Reads the parts of a block. Returns the position behind it, or -1 if they are not what was written. */
function readParts(file: number, position: number, parts: readonly Uint8Array[]): number {
  const checksum = readSyncAt(file, position, 4);
  let next = position + 4;
  for (const part of parts) {
    if (readSyncInto(file, next, part) < part.length) return -1;
    next += part.length;
  }
  return checksum.length === 4 && checksum.readUInt32LE(0) === checksumOf(parts) ? next : -1;
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

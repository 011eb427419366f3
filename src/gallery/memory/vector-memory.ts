import { SnapshelfError } from '../../errors.ts';
import { type DistanceTo, metricOf, squaredNorm } from '../../vectors/index.ts';
import type { VectorSpace } from '../storage/settings.ts';
import { Bitmap } from './bitmap.ts';
import type { ItemRows, RowFollower } from './item-rows.ts';
import { codeRow, divisorOf } from './points.ts';
import type { RowTable } from './row-table.ts';
import {
  bytesPerRow,
  type ChunkLayout,
  largestCapacity,
  numbersPerRow,
  rowsPerWord,
  strideOf,
  VectorChunk,
} from './vector-chunk.ts';

/** Numbers that are read in one slice. */
const numbersPerSlice = 2 ** 18;
const rowsPerLookup = 256;

/** The source of the vectors: `VectorTable`. */
export interface StoredVectors {
  /** Sequence numbers of vectors that were found damaged. */
  readonly damaged: Set<number>;
  /** The intact ones of at most `limit` vectors above that sequence number, rising, and the last one that was read. */
  intactAfter(
    sequence: number,
    limit: number,
  ): {
    readonly last: number | undefined;
    readonly vectors: readonly (readonly [sequence: number, vector: Float32Array])[];
  };
  /** Returns the intact vectors of those sequence numbers. */
  get(sequences: readonly number[]): ReadonlyMap<number, Float32Array>;
}

/** Takes a vector's distance. */
export type OfferDistance = (sequence: number, distance: number) => void;

/**
 * The vectors of one generation in memory, by row: a cache, which is filled from the database as far as a search needs it. A vector
 * that is damaged there is left out here.
 */
export class VectorMemory implements RowFollower {
  readonly space: VectorSpace;
  readonly #rows: ItemRows;
  readonly #stored: StoredVectors;
  readonly #layout: ChunkLayout;
  #present = new Bitmap(0);
  #chunks: VectorChunk[] = [];
  /** All rows before this one were read. */
  #filled = 0;

  constructor(rows: ItemRows, stored: StoredVectors, space: VectorSpace) {
    this.#rows = rows;
    this.#stored = stored;
    this.space = space;
    const coded = metricOf(space.metric).vectors === 'numbers';
    this.#layout = { dimension: space.dimension, coded, whole: true };
  }

  /** Sequence numbers of vectors that were found damaged. */
  get damaged(): Set<number> {
    return this.#stored.damaged;
  }

  /** The rows as they are now. */
  get table(): RowTable {
    return this.#rows.table;
  }

  /** The rows whose vectors are here, some of which may be dead, as they are now. */
  get present(): Bitmap {
    return this.#present;
  }

  /** The memory of the rows, rising. */
  get chunks(): readonly VectorChunk[] {
    return this.#chunks;
  }

  /** Bytes of a row's codes. */
  get stride(): number {
    return strideOf(this.#layout);
  }

  /** True if rows have codes, by which a shortlist can be made. */
  get isCoded(): boolean {
    return this.#layout.coded;
  }

  /** Bytes that its rows take. */
  get bytes(): number {
    return this.#present.length * bytesPerRow(this.#layout);
  }

  /** True if there are rows that were not read yet. */
  get isBehind(): boolean {
    return this.#filled < this.table.length;
  }

  /** Reads the vectors that are not here yet, in slices. */
  *fill(): Generator<void, void> {
    for (; this.isBehind; yield) this.fillSlice();
  }

  /** Reads some of the vectors that are not here yet. */
  fillSlice(): void {
    const { table } = this;
    const after = this.#filled === 0 ? 0 : table.sequenceAt(this.#filled - 1);
    const limit = Math.max(1, Math.floor(numbersPerSlice / this.space.dimension));
    const { last, vectors } = this.#stored.intactAfter(after, limit);
    this.#present.grow(table.length);
    for (const [sequence, vector] of vectors) {
      const row = table.rowOf(sequence);
      if (row !== undefined) this.#set(row, vector);
    }
    this.#filled = last === undefined ? table.length : table.firstFrom(last + 1);
  }

  /** Computes distances, where they are in memory or else from the database; sequence numbers without a vector are left out. */
  measure(sequences: readonly number[], distance: DistanceTo, offer: OfferDistance): void {
    const { table } = this;
    const absent: number[] = [];
    for (const sequence of sequences) {
      const row = table.rowOf(sequence);
      if (row === undefined) continue;
      if (this.#layout.whole && this.#present.has(row)) offer(sequence, this.measureRow(row, distance));
      else if (!this.#layout.whole || row >= this.#filled) absent.push(sequence);
    }
    for (let start = 0; start < absent.length; start += rowsPerLookup)
      for (const [sequence, vector] of this.#stored.get(absent.slice(start, start + rowsPerLookup))) {
        checkFinite(sequence, vector);
        offer(sequence, distance(vector, 0));
      }
  }

  /** Computes the distance of a row whose vector is here. */
  measureRow(row: number, distance: DistanceTo): number {
    const { start, vectors } = this.#chunkOf(row);
    return distance(vectors, (row - start) * this.space.dimension);
  }

  compacted(from: Uint32Array): void {
    const present = new Bitmap(from.length);
    let filled = 0;
    for (const [row, before] of from.entries()) {
      if (before < this.#filled) filled = row + 1;
      if (!this.#present.has(before)) continue;
      this.#move(before, row);
      present.add(row);
    }
    this.#present = present;
    this.#filled = filled;
    while ((this.#chunks.at(-1)?.start ?? 0) >= Math.max(1, from.length)) this.#chunks.pop();
  }

  #set(row: number, vector: Float32Array): void {
    checkFinite(this.table.sequenceAt(row), vector);
    const chunk = this.#chunkFor(row);
    const index = row - chunk.start;
    if (this.#layout.whole) chunk.vectors.set(vector, index * this.space.dimension);
    if (this.#layout.coded) this.#code(chunk, index, vector);
    this.#present.add(row);
  }

  #code(chunk: VectorChunk, index: number, vector: Float32Array): void {
    const divisor = divisorOf(vector, this.space.metric);
    const codes = chunk.codesOf(index).subarray(0, this.space.dimension);
    // A vector without direction is as far from each query as one at a right angle: its point is one beyond all other numbers.
    const coded = divisor === 0 ? { scale: 0, squared: 1, error: 0 } : codeRow(vector, divisor, codes);
    if (divisor === 0) codes.fill(0);
    chunk.numbers.set([coded.scale, coded.squared, coded.error], index * numbersPerRow);
  }

  #move(from: number, to: number): void {
    if (from === to) return;
    const source = this.#chunkOf(from);
    const target = this.#chunkOf(to);
    source.copyRow(from - source.start, target, to - target.start);
  }

  #chunkOf(row: number): VectorChunk {
    for (let i = this.#chunks.length - 1; i >= 0; i--) {
      const chunk = this.#chunks[i] as VectorChunk;
      if (chunk.start <= row) return chunk;
    }
    throw new RangeError(`row must be one that is in memory, not ${row}.`);
  }

  /** The chunk that has the place of a row. A new one has room for all rows that there are, or for twice as many as before. */
  #chunkFor(row: number): VectorChunk {
    for (;;) {
      const last = this.#chunks.at(-1);
      const end = last === undefined ? 0 : last.start + last.capacity;
      if (row < end) return this.#chunkOf(row);
      const wanted = Math.max(this.table.length - end, end, 1);
      const capacity = Math.min(rowsPerWord * Math.ceil(wanted / rowsPerWord), largestCapacity(this.#layout));
      this.#chunks.push(new VectorChunk(end, capacity, this.#layout));
    }
  }
}

/** Only a vector that is no list of finite numbers has no distance: it would come anywhere in the order. */
function checkFinite(sequence: number, vector: Float32Array): void {
  if (!Number.isFinite(squaredNorm(vector)))
    throw new SnapshelfError('gallery-damaged', `The vector of change ${sequence} holds no finite numbers.`);
}

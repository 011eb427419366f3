import { type DistanceTo, metricOf } from '../../vectors/index.ts';
import type { VectorSpace } from '../storage/settings.ts';
import type { StoredVector } from '../storage/vector-table.ts';
import { Bitmap } from './bitmap.ts';
import { ChunkList } from './chunk-list.ts';
import type { ItemRows, RowFollower } from './item-rows.ts';
import type { StoredPrecision } from './precision.ts';
import type { RowTable } from './row-table.ts';
import type { ScanThreads } from './scan-threads.ts';
import { checkFinite, type KeptVectors, type StoredVectors } from './stored-vectors.ts';
import type { CacheBlock } from './vector-cache.ts';
import {
  bytesPerRow,
  type ChunkLayout,
  checksumPlace,
  numbersPerRow,
  strideOf,
  type VectorChunk,
} from './vector-chunk.ts';

/** Numbers that are read in one slice. */
const numbersPerSlice = 2 ** 18;
const rowsPerLookup = 256;

/** Options of `VectorMemory`. */
export interface VectorMemoryOptions {
  /** Default `float32`. */
  readonly storedPrecision?: StoredPrecision | undefined;
  /** Default: scans are done in the thread that asks. */
  readonly scanThreads?: ScanThreads | undefined;
}

/** Takes a vector's distance. */
export type OfferDistance = (sequence: number, distance: number) => void;

/**
 * The vectors of one generation in memory, by row: a cache, which is filled from the database as far as a search needs it. A vector
 * that is damaged there is left out here.
 */
export class VectorMemory implements RowFollower {
  readonly space: VectorSpace;
  /** The threads that do its large scans. */
  readonly scanThreads: ScanThreads | undefined;
  readonly #rows: ItemRows;
  readonly #stored: StoredVectors;
  readonly #chunks: ChunkList;
  #present = new Bitmap(0);
  /** All rows before this one were read. */
  #filled = 0;
  /** The reading of the file, which goes before that of the database. */
  #reading: Generator<void, void> | undefined;

  constructor(
    rows: ItemRows,
    stored: StoredVectors,
    space: VectorSpace,
    { storedPrecision = 'float32', scanThreads }: VectorMemoryOptions = {},
  ) {
    this.scanThreads = scanThreads;
    this.#rows = rows;
    this.#stored = stored;
    this.space = space;
    const coded = metricOf(space.metric).vectors === 'numbers';
    // Probabilities have no codes: all distances are computed.
    const layout = { dimension: space.dimension, coded, whole: storedPrecision === 'float32' || !coded };
    this.#chunks = new ChunkList(layout, space.metric);
  }

  /** The parts of a row. */
  get layout(): ChunkLayout {
    return this.#chunks.layout;
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
    return this.#chunks.all;
  }

  /** Bytes of a row's codes. */
  get stride(): number {
    return strideOf(this.layout);
  }

  /** True if rows have codes, by which a shortlist can be made. */
  get isCoded(): boolean {
    return this.layout.coded;
  }

  /** Bytes that its rows take. */
  get bytes(): number {
    return this.#present.length * bytesPerRow(this.layout);
  }

  /** True if there are rows that were not read yet. */
  get isBehind(): boolean {
    return this.#reading !== undefined || this.#filled < this.table.length;
  }

  /** Reads the vectors that are not here yet, in slices, but for those that are written meanwhile: there may always be some. */
  *fill(): Generator<void, void> {
    const { length } = this.table;
    const isBehind = (): boolean => this.#reading !== undefined || this.#filled < length;
    while (isBehind()) {
      this.fillSlice();
      if (isBehind()) yield;
    }
    this.#present.grow(this.table.length);
  }

  /** Reads some of the vectors that are not here yet. */
  fillSlice(): void {
    if (this.#reading !== undefined) {
      if (this.#reading.next().done === true) this.#reading = undefined;
      return;
    }
    const { table } = this;
    const after = this.#filled === 0 ? 0 : table.sequenceAt(this.#filled - 1);
    const limit = Math.max(1, Math.floor(numbersPerSlice / this.space.dimension));
    const { last, vectors } = this.#stored.intactAfter(after, limit);
    this.#present.grow(table.length);
    for (const vector of vectors) this.#set(vector);
    this.#filled = last === undefined ? table.length : table.firstFrom(last + 1);
  }

  /** Computes distances, where they are in memory or else from the database; sequence numbers without a vector are left out. */
  measure(sequences: readonly number[], distance: DistanceTo, offer: OfferDistance): void {
    const { table } = this;
    const absent: number[] = [];
    for (const sequence of sequences) {
      const row = table.rowOf(sequence);
      if (row === undefined) continue;
      if (this.layout.whole && this.#present.has(row)) offer(sequence, this.measureRow(row, distance));
      else if (!this.layout.whole || row >= this.#filled) absent.push(sequence);
    }
    for (let start = 0; start < absent.length; start += rowsPerLookup)
      for (const [sequence, vector] of this.#stored.get(absent.slice(start, start + rowsPerLookup))) {
        checkFinite(sequence, vector);
        offer(sequence, distance(vector, 0));
      }
  }

  /** Computes the distance of a row whose vector is here. */
  measureRow(row: number, distance: DistanceTo): number {
    const { start, vectors } = this.#chunks.of(row);
    return distance(vectors, (row - start) * this.space.dimension);
  }

  compacted(from: Uint32Array): void {
    const present = new Bitmap(from.length);
    let filled = 0;
    for (const [row, before] of from.entries()) {
      if (before < this.#filled) filled = row + 1;
      if (!this.#present.has(before)) continue;
      this.#chunks.move(before, row);
      present.add(row);
    }
    this.#present = present;
    this.#filled = filled;
    this.#chunks.shrink(from.length);
  }

  /**
   * Begins with a file in the place of the database: what of it is of today's vectors is taken, one that is not right is discarded.
   * @param told takes what is wrong with it
   */
  beginWith(kept: KeptVectors, told: (problem: string) => void): void {
    this.#reading = this.#read(kept, told);
  }

  *#read(kept: KeptVectors, told: (problem: string) => void): Generator<void, void> {
    this.#present.grow(this.table.length);
    let last = 0;
    const problem = yield* kept.read((block, rows) => {
      last = block.sequences[rows - 1] as number;
      return this.#adopt(block, rows, kept.isKnown);
    });
    if (problem !== undefined) {
      this.#chunks.shrink(0);
      this.#present = new Bitmap(this.table.length);
      kept.discard();
      told(problem);
      return;
    }
    kept.verified();
    const missing: number[] = [];
    const end = this.table.firstFrom(last + 1);
    for (let row = 0; row < end; row++)
      if (this.table.living.has(row) && !this.#present.has(row)) missing.push(this.table.sequenceAt(row));
    // What was damaged when the file was written may have been mended.
    for (const sequence of missing)
      for (const vector of this.#stored.intactAfter(sequence - 1, 1).vectors) this.#set(vector);
    this.#filled = end;
  }

  /** Takes the rows of a block, if the database has the same vectors or that `isKnown`. Returns what is wrong with it. */
  #adopt({ sequences, chunk }: CacheBlock, rows: number, isKnown: boolean): string | undefined {
    // SQLite has a checksum beside its vector: to read them is to read all vectors.
    const checksums = isKnown
      ? undefined
      : this.#stored.checksums(sequences[0] as number, sequences[rows - 1] as number);
    this.#present.grow(this.table.length);
    const places = new Float64Array(rows).fill(Number.NaN);
    for (let index = 0; index < rows; index++) {
      const sequence = sequences[index] as number;
      const row = this.table.rowOf(sequence);
      if (row === undefined) continue;
      if (checksums && checksums.get(sequence) !== chunk.numbers[index * numbersPerRow + checksumPlace])
        return 'it has other vectors than the database';
      places[index] = row;
      this.#present.add(row);
    }
    this.#chunks.copyIn(chunk, places, this.table.length);
    return undefined;
  }

  /** Copies rows out, to a block from its first row on. */
  copyOut(rows: Uint32Array, { sequences, chunk }: CacheBlock): void {
    for (const [index, row] of rows.entries()) {
      const own = this.#chunks.of(row);
      sequences[index] = this.table.sequenceAt(row);
      own.copyRows(row - own.start, chunk, index);
    }
  }

  #set({ sequence, checksum, vector }: StoredVector): void {
    const row = this.table.rowOf(sequence);
    if (row === undefined) return;
    checkFinite(sequence, vector);
    this.#chunks.set(row, this.table.length, vector, checksum);
    this.#present.add(row);
  }
}

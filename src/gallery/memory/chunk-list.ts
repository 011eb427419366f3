import type { Metric } from '../../vectors/index.ts';
import { codeRow, divisorOf } from './points.ts';
import {
  type ChunkLayout,
  checksumPlace,
  largestCapacity,
  numbersPerRow,
  rowsPerWord,
  VectorChunk,
} from './vector-chunk.ts';

/** The rows of a collection's vectors, in as many chunks as they take. */
export class ChunkList {
  readonly layout: ChunkLayout;
  readonly #metric: Metric;
  #chunks: VectorChunk[] = [];

  constructor(layout: ChunkLayout, metric: Metric) {
    this.layout = layout;
    this.#metric = metric;
  }

  /** The chunks, rising. */
  get all(): readonly VectorChunk[] {
    return this.#chunks;
  }

  /** Returns the chunk of a row. @throws RangeError if it has no place. */
  of(row: number): VectorChunk {
    for (let i = this.#chunks.length - 1; i >= 0; i--) {
      const chunk = this.#chunks[i] as VectorChunk;
      if (chunk.start <= row) return chunk;
    }
    throw new RangeError(`row must be one that is in memory, not ${row}.`);
  }

  /** Returns the chunk of a row, which is made for it: with room for `rows` rows in all, or for twice as many as before. */
  for(row: number, rows: number): VectorChunk {
    for (;;) {
      const last = this.#chunks.at(-1);
      const end = last === undefined ? 0 : last.start + last.capacity;
      if (row < end) return this.of(row);
      const wanted = rowsPerWord * Math.ceil(Math.max(rows - end, end, 1) / rowsPerWord);
      const capacity = Math.min(wanted, largestCapacity(this.layout));
      this.#chunks.push(new VectorChunk({ start: end, capacity, layout: this.layout }));
    }
  }

  /** Puts a vector in the place of a row, of `rows` in all. */
  set(row: number, rows: number, vector: Float32Array, checksum: number): void {
    const { dimension, coded, whole } = this.layout;
    const chunk = this.for(row, rows);
    const index = row - chunk.start;
    if (whole) chunk.vectors.set(vector, index * dimension);
    if (coded) this.#code(chunk, index, vector);
    chunk.numbers[index * numbersPerRow + checksumPlace] = checksum;
  }

  /**
   * Copies rows of another chunk in, each to the row of `places`, NaN for one that is not wanted. Those that follow one another are copied
   * at once, which spares nearly a second of a million.
   * @param rows number of rows in all
   */
  copyIn(source: VectorChunk, places: Float64Array, rows: number): void {
    for (let index = 0; index < places.length; ) {
      const row = places[index] as number;
      const chunk = Number.isNaN(row) ? undefined : this.for(row, rows);
      const room = chunk === undefined ? 1 : chunk.start + chunk.capacity - row;
      let many = 1;
      while (many < room && places[index + many] === row + many) many += 1;
      if (chunk !== undefined) source.copyRows(index, chunk, row - chunk.start, many);
      index += many;
    }
  }

  /** Moves what a row has to the place of another. */
  move(from: number, to: number): void {
    if (from === to) return;
    const source = this.of(from);
    const target = this.of(to);
    source.copyRows(from - source.start, target, to - target.start);
  }

  /** Gives the memory back that no row below `rows` needs. */
  shrink(rows: number): void {
    this.#chunks = this.#chunks.filter(({ start }) => start < rows);
  }

  #code(chunk: VectorChunk, index: number, vector: Float32Array): void {
    const divisor = divisorOf(vector, this.#metric);
    const codes = chunk.codesOf(index).subarray(0, vector.length);
    // A vector without direction is as far from each query as one at a right angle: its point is one beyond all other numbers.
    const coded = divisor === 0 ? { scale: 0, squared: 1, error: 0 } : codeRow(vector, divisor, codes);
    if (divisor === 0) codes.fill(0);
    chunk.numbers.set([coded.scale, coded.squared, coded.error], index * numbersPerRow);
  }
}

import { type Kernel, kernelOf, kernelWidth, makeMemory, type SharedMemory } from './kernel.ts';

/** Rows of one word of a bitmap, which the kernel takes at once. */
export const rowsPerWord = 32;
/** Numbers that are kept beside the codes of a row: see `numbers`. */
export const numbersPerRow = 4;
/** The place of the checksum among them. */
export const checksumPlace = 3;
const largestChunkBytes = 2 ** 30;

/** The parts of a row in memory. */
export interface ChunkLayout {
  /** Numbers of a vector. */
  readonly dimension: number;
  /** True if rows have codes to make a shortlist by. */
  readonly coded: boolean;
  /** True if rows have their vectors. */
  readonly whole: boolean;
}

/** Returns the bytes of a row's codes: a multiple of the kernel's width. */
export const strideOf = ({ dimension, coded }: ChunkLayout): number =>
  coded ? kernelWidth * Math.ceil(dimension / kernelWidth) : 0;
/** Returns the bytes of a row. */
export const bytesPerRow = (layout: ChunkLayout): number =>
  strideOf(layout) + 8 * numbersPerRow + (layout.whole ? 4 * layout.dimension : 0);
/** The most threads that scan a chunk at once, besides the one that made it. */
export const maxScanThreads = 16;
/** Each thread has a place of its own for a query and its products. */
const lanes = maxScanThreads + 1;
const laneBytes = (layout: ChunkLayout): number => 2 * strideOf(layout) + 4 * rowsPerWord;
const headBytes = (layout: ChunkLayout): number => lanes * laneBytes(layout);

/** Parts of a chunk. */
interface ChunkParts {
  readonly start: number;
  readonly capacity: number;
  readonly layout: ChunkLayout;
  /** The memory of the same chunk in another thread. Default: a new one. */
  readonly memory?: SharedMemory | undefined;
  /** The number of this thread, 0 to 16: 0 made the chunk. Default 0. */
  readonly lane?: number | undefined;
}

/** Returns the most rows of one chunk: of 1 GiB. */
export const largestCapacity = (layout: ChunkLayout): number =>
  rowsPerWord *
  Math.floor((largestChunkBytes - headBytes(layout)) / Math.max(1, rowsPerWord * bytesPerRow(layout)));

/** Consecutive rows in one shared memory, outside of the JavaScript heap: by thread a query's codes and products, then what each row has. */
export class VectorChunk {
  /** The first row. */
  readonly start: number;
  /** Rows that have a place. A multiple of 32. */
  readonly capacity: number;
  readonly layout: ChunkLayout;
  readonly memory: SharedMemory;
  /** `int8[capacity, stride]`. */
  readonly codes: Int8Array;
  /** `float64[capacity, 4]`: the scale, the squared norm and the norm of the error of a point, and the checksum of its vector. */
  readonly numbers: Float64Array;
  /** `float32[capacity, D]`; empty where rows have no vectors. */
  readonly vectors: Float32Array;
  readonly #stride: number;
  readonly #query: Int16Array;
  /** `int32[32]`: the products of a word's rows, or of four rows. */
  readonly products: Int32Array;
  readonly #kernel: Kernel;

  constructor({ start, capacity, layout, lane = 0, memory: shared }: ChunkParts) {
    const stride = strideOf(layout);
    const memory = shared ?? makeMemory(headBytes(layout) + capacity * bytesPerRow(layout));
    const { buffer } = memory;
    this.layout = layout;
    this.memory = memory;
    this.start = start;
    this.capacity = capacity;
    this.#stride = stride;
    this.#query = new Int16Array(buffer, lane * laneBytes(layout), stride);
    this.products = new Int32Array(buffer, lane * laneBytes(layout) + 2 * stride, rowsPerWord);
    this.numbers = new Float64Array(buffer, headBytes(layout), capacity * numbersPerRow);
    const afterNumbers = this.numbers.byteOffset + this.numbers.byteLength;
    this.codes = new Int8Array(buffer, afterNumbers, capacity * stride);
    const whole = layout.whole ? capacity * layout.dimension : 0;
    this.vectors = new Float32Array(buffer, afterNumbers + this.codes.byteLength, whole);
    this.#kernel = kernelOf(memory);
  }

  /** Puts the codes of a query where the kernel reads them. Another search may put its own there whenever this one lets others in. */
  setQuery(codes: Int16Array): void {
    this.#query.set(codes);
  }

  /** Computes the products of the query with the 32 rows from `index` on. */
  multiplyWord(index: number): void {
    const codes = this.codes.byteOffset + index * this.#stride;
    this.#kernel.products(codes, this.#stride, this.#query.byteOffset, this.products.byteOffset);
  }

  /** Computes the products of the query with four rows, which go to the first four of `products`. */
  multiplyFour(a: number, b: number, c: number, d: number): void {
    const { byteOffset: codes } = this.codes;
    const stride = this.#stride;
    this.#kernel.four(
      codes + a * stride,
      codes + b * stride,
      codes + c * stride,
      codes + d * stride,
      stride,
      this.#query.byteOffset,
      this.products.byteOffset,
    );
  }

  /** The place of the codes of rows, `int8[rows, stride]`, whose ends beyond the dimension are 0. */
  codesOf(index: number, rows = 1): Int8Array {
    return this.codes.subarray(index * this.#stride, (index + rows) * this.#stride);
  }

  /** Copies what rows have, `rows` from one on, to rows of a chunk of the same layout. */
  copyRows(index: number, target: VectorChunk, to: number, rows = 1): void {
    const { capacity } = this;
    for (const [own, others] of [
      [this.codes, target.codes],
      [this.numbers, target.numbers],
      [this.vectors, target.vectors],
    ] as const) {
      const width = own.length / capacity;
      others.set(own.subarray(index * width, (index + rows) * width), to * width);
    }
  }
}

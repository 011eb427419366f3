/** Numbers per chunk: 4 MiB of float32. */
const chunkNumbers = 1 << 20;

/** Growing rows of `float32[D]`, in chunks: growth copies nothing and wastes one chunk at most. */
export class RowStore {
  readonly dimension: number;
  readonly #rowsPerChunk: number;
  readonly #chunks: Float32Array<ArrayBuffer>[] = [];
  #length = 0;

  constructor(dimension: number) {
    this.dimension = dimension;
    this.#rowsPerChunk = Math.max(1, Math.floor(chunkNumbers / dimension));
  }

  get length(): number {
    return this.#length;
  }

  push(vector: Float32Array): void {
    if (this.#length === this.#chunks.length * this.#rowsPerChunk)
      this.#chunks.push(new Float32Array(this.#rowsPerChunk * this.dimension));
    this.#length++;
    this.set(this.#length - 1, vector);
  }

  /** Drops the last row, and its chunk when that is empty. */
  pop(): void {
    this.#length--;
    if (this.#length === (this.#chunks.length - 1) * this.#rowsPerChunk) this.#chunks.pop();
  }

  set(row: number, vector: Float32Array): void {
    this.row(row).set(vector);
  }

  /** A view of one row: valid until the next `pop`. */
  row(row: number): Float32Array<ArrayBuffer> {
    const chunk = this.#chunks[Math.floor(row / this.#rowsPerChunk)];
    if (chunk === undefined) throw new RangeError(`there is no row ${row} among ${this.#length}`);
    const start = (row % this.#rowsPerChunk) * this.dimension;
    return chunk.subarray(start, start + this.dimension);
  }

  /** The filled part of every chunk, in row order, with the number of its first row. */
  *blocks(): Generator<{ readonly first: number; readonly vectors: Float32Array<ArrayBuffer> }> {
    for (const [index, chunk] of this.#chunks.entries()) {
      const first = index * this.#rowsPerChunk;
      const rows = Math.min(this.#rowsPerChunk, this.#length - first);
      yield { first, vectors: chunk.subarray(0, rows * this.dimension) };
    }
  }
}

import { checkDimension, checkSequence, checkVector } from '../exact/checks.ts';
import { distanceFrom, type Metric } from '../exact/distance.ts';
import { TopK } from '../exact/top-k.ts';
import { readFully, withFile, writeFully } from './durable-file.ts';
import { type LoadedFiles, readNumbers, saveFiles, writeNumbers } from './index-file.ts';
import type { IndexFacts } from './manifest.ts';
import { RowStore } from './row-store.ts';
import type { IndexSearchOptions, Neighbour, SavedState, VectorIndex } from './vector-index.ts';

/** Exact search over raw vectors in memory: the index where the native module is not installed. */
export class FlatIndex implements VectorIndex {
  readonly kind = 'flat';
  /** A deleted vector's place is taken by the last one at once. */
  readonly deletedShare = 0;
  readonly parameters = null;
  readonly #metric: Metric;
  readonly #rows: RowStore;
  readonly #sequences: number[] = [];
  readonly #rowOf = new Map<number, number>();

  constructor(options: { readonly metric: Metric; readonly dimension: number }) {
    this.#metric = options.metric;
    this.#rows = new RowStore(options.dimension);
  }

  get size(): number {
    return this.#sequences.length;
  }

  add(sequence: number, vector: Float32Array): void {
    checkSequence(sequence);
    checkVector(vector, this.#rows.dimension);
    const row = this.#rowOf.get(sequence);
    if (row !== undefined) {
      this.#rows.set(row, vector);
      return;
    }
    this.#rowOf.set(sequence, this.#sequences.length);
    this.#sequences.push(sequence);
    this.#rows.push(vector);
  }

  delete(sequence: number): void {
    const row = this.#rowOf.get(sequence);
    if (row === undefined) return;
    const last = this.#sequences.pop() as number;
    if (last !== sequence) {
      this.#rows.set(row, this.#rows.row(this.#sequences.length));
      this.#sequences[row] = last;
      this.#rowOf.set(last, row);
    }
    this.#rows.pop();
    this.#rowOf.delete(sequence);
  }

  has(sequence: number): boolean {
    return this.#rowOf.has(sequence);
  }

  sequences(): Iterable<number> {
    return this.#rowOf.keys();
  }

  search(query: Float32Array, k: number, { allow }: IndexSearchOptions = {}): Neighbour[] {
    checkDimension(query, this.#rows.dimension);
    const best = new TopK(k);
    if (allow !== undefined && allow.size < this.size) this.#searchAllowed(query, allow, best);
    else this.#searchAll(query, allow, best);
    return best.sorted();
  }

  #searchAllowed(query: Float32Array, allow: ReadonlySet<number>, best: TopK): void {
    const distance = distanceFrom(query, this.#metric);
    for (const sequence of allow) {
      const row = this.#rowOf.get(sequence);
      if (row !== undefined) best.offer(sequence, distance(this.#rows.row(row), 0));
    }
  }

  #searchAll(query: Float32Array, allow: ReadonlySet<number> | undefined, best: TopK): void {
    const distance = distanceFrom(query, this.#metric);
    const dimension = this.#rows.dimension;
    for (const { first, vectors } of this.#rows.blocks()) {
      for (let row = 0; row * dimension < vectors.length; row++) {
        const sequence = this.#sequences[first + row] as number;
        if (allow?.has(sequence) ?? true) best.offer(sequence, distance(vectors, row * dimension));
      }
    }
  }

  save(directory: string, state: SavedState): void {
    const facts: IndexFacts = {
      kind: this.kind,
      metric: this.#metric,
      dimension: this.#rows.dimension,
      count: this.size,
      deleted: 0,
      parameters: null,
      ...state,
    };
    saveFiles(directory, facts, {
      vectors: (path) => withFile(path, 'w', (file) => this.#writeRows(file)),
      labels: (path) => writeNumbers(path, Float64Array.from(this.#sequences)),
    });
  }

  #writeRows(file: number): void {
    for (const { vectors } of this.#rows.blocks()) writeFully(file, vectors);
  }

  /** The index in files whose checksums were found right, or what is wrong with them all the same. */
  static load({ manifest, paths }: LoadedFiles): FlatIndex | { problem: string } {
    const sequences = readNumbers(paths.labels);
    const index = new FlatIndex(manifest);
    if (sequences.length !== manifest.count) return { problem: `it lists ${sequences.length} sequences` };
    if (manifest.files.vectors.bytes !== sequences.length * manifest.dimension * 4)
      return { problem: 'its vectors have another size than its sequences ask for' };
    const row = new Float32Array(manifest.dimension);
    withFile(paths.vectors, 'r', (file) => {
      for (const sequence of sequences) {
        readFully(file, row);
        index.add(sequence, row);
      }
    });
    return index.size === sequences.length ? index : { problem: 'it lists a sequence twice' };
  }
}

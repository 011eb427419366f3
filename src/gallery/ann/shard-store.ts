import { HnswIndex } from './hnsw-index.ts';
import type { Entry, HnswOptions } from './hnsw-options.ts';
import type { ExpectedIndex } from './index-file.ts';
import { loadIndex } from './load-index.ts';
import type { IndexDescription, IndexEngine } from './manifest.ts';
import type { ShardState } from './slot-table.ts';

/** A shard that was loaded. */
export interface LoadedShard extends ShardState {
  readonly engine: IndexEngine;
  /** The last change that it holds. */
  readonly sequence: number;
  /** The sequence numbers of its vectors. */
  readonly sequences: Float64Array<ArrayBuffer>;
}

/** Changes of a shard: first those sequence numbers are deleted, then vectors are added or replaced. */
export interface ShardChange {
  readonly deleted: readonly number[];
  readonly added: Float64Array<ArrayBuffer>;
  /** `float32[n,D]`, a row for each that is added. */
  readonly vectors: Float32Array<ArrayBuffer>;
}

/** The operations on shards, each of which is an `HnswIndex` with a number. Changes are generators: each step is short. */
export class ShardStore {
  readonly #shards = new Map<number, HnswIndex>();

  /** Makes an empty shard. */
  create(id: number, options: HnswOptions): void {
    this.#shards.set(id, HnswIndex.create(options));
  }

  /** Loads a shard from its folder, or returns why it cannot be used. */
  load(id: number, directory: string, expected: ExpectedIndex): LoadedShard | { readonly problem: string } {
    const loaded = loadIndex(directory, expected);
    if ('problem' in loaded) return loaded;
    const { index, sequence } = loaded;
    this.#shards.set(id, index);
    const sequences = Float64Array.from(index.sequences());
    return { engine: index.engine, sequence, sequences, ...index.state };
  }

  /** Deletes and adds in short steps. */
  *change(id: number, { deleted, added, vectors }: ShardChange): Generator<void, ShardState> {
    const index = this.#of(id);
    for (const sequence of deleted) index.delete(sequence);
    const dimension = added.length === 0 ? 0 : vectors.length / added.length;
    for (let start = 0; start < added.length; start += index.batch) {
      const entries: Entry[] = [];
      for (let row = start; row < Math.min(start + index.batch, added.length); row++)
        entries.push([added[row] as number, vectors.subarray(row * dimension, (row + 1) * dimension)]);
      index.addAll(entries);
      yield;
    }
    return index.state;
  }

  /** Returns the sequence numbers of the `k` nearest. */
  search(id: number, query: Float32Array, k: number, ef: number): number[] {
    return this.#of(id)
      .search(query, k, { ef })
      .map(({ sequence }) => sequence);
  }

  /** Writes a shard to its folder. @throws SnapshelfError `disk-full`, `not-writable`. */
  save(id: number, directory: string, state: Pick<IndexDescription, 'modelId' | 'sequence'>): void {
    this.#of(id).save(directory, state);
  }

  /** Gives a shard up. Does nothing if there is none of that number. */
  drop(id: number): void {
    this.#shards.delete(id);
  }

  #of(id: number): HnswIndex {
    const index = this.#shards.get(id);
    if (index === undefined) throw new Error(`There is no shard ${id}.`);
    return index;
  }
}

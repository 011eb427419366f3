import { crc32 } from 'node:zlib';
import { ItemRows } from '../../../src/gallery/memory/item-rows.ts';
import type { StoredPrecision } from '../../../src/gallery/memory/precision.ts';
import type { ScanThreads } from '../../../src/gallery/memory/scan-threads.ts';
import type { StoredVectors } from '../../../src/gallery/memory/stored-vectors.ts';
import { VectorMemory } from '../../../src/gallery/memory/vector-memory.ts';
import type { VectorSpace } from '../../../src/gallery/storage/settings.ts';
import type { VectorsKey } from '../../../src/gallery/storage/vectors-key.ts';
import type { Sliced } from '../../../src/threads/index.ts';
import type { MetricChoice } from '../../../src/vectors/index.ts';

const checksumOf = ({ buffer }: Float32Array): number => crc32(new Uint8Array(buffer));

/** Vectors in a map that stands for the database, and in memory. */
export class Store implements StoredVectors {
  readonly rows: ItemRows = new ItemRows();
  readonly damaged: Set<number> = new Set();
  readonly memory: VectorMemory;
  readonly #vectors = new Map<number, Float32Array>();
  #last = -1;
  /** Number of vectors that were read, and of those whose checksums were. */
  read = 0;
  compared = 0;
  /** Stands for the key in the settings of the database. */
  readonly vectorsKey: VectorsKey & { key?: string } = {
    get() {
      return this.key;
    },
    set(key) {
      this.key = key;
    },
  };

  constructor(
    dimension: number,
    choice: MetricChoice,
    storedPrecision?: StoredPrecision,
    scanThreads?: ScanThreads,
  ) {
    const space = { modelId: 'a'.repeat(64), modelName: 'm', dimension, generation: 1, ...choice };
    this.memory = new VectorMemory(this.rows, this, space as VectorSpace, { storedPrecision, scanThreads });
    this.rows.followedBy(this.memory);
  }

  /** Sequence numbers are odd. */
  add(vector: Float32Array): number {
    this.#last += 2;
    this.#vectors.set(this.#last, vector);
    this.rows.follow([this.#last], []);
    return this.#last;
  }

  delete(sequence: number): void {
    this.#vectors.delete(sequence);
    this.rows.follow([], [sequence]);
  }

  /** The rows that are alive, with their vectors. */
  *living(): Generator<[row: number, vector: Float32Array]> {
    for (const row of this.rows.table.living.rows()) {
      const vector = this.#vectors.get(this.rows.table.sequenceAt(row));
      if (vector !== undefined) yield [row, vector];
    }
  }

  intactAfter(sequence: number, limit: number): ReturnType<StoredVectors['intactAfter']> {
    const some = [...this.#vectors].filter(([own]) => own > sequence).slice(0, limit);
    this.read += some.length;
    const vectors = some
      .filter(([own]) => !this.damaged.has(own))
      .map(([own, vector]) => ({ sequence: own, checksum: checksumOf(vector), vector }));
    return { last: some.at(-1)?.[0], vectors };
  }

  checksums(from: number, to: number): Map<number, number> {
    const some = [...this.#vectors].filter(([own]) => own >= from && own <= to);
    this.compared += some.length;
    return new Map(some.map(([own, vector]) => [own, checksumOf(vector)]));
  }

  /** Has another vector in the place of one, as if another database had come. */
  replace(sequence: number, vector: Float32Array): void {
    this.#vectors.set(sequence, vector);
  }

  get(sequences: readonly number[]): Map<number, Float32Array> {
    const found = sequences.flatMap((sequence) => {
      const vector = this.#vectors.get(sequence);
      return vector === undefined || this.damaged.has(sequence) ? [] : [[sequence, vector] as const];
    });
    this.read += found.length;
    return new Map(found);
  }
}

/** Makes a store of these vectors, whose memory follows it and is not filled yet. */
export function storeOf(
  dimension: number,
  vectors: readonly Float32Array[],
  choice: MetricChoice,
  storedPrecision?: StoredPrecision,
): Store {
  const store = new Store(dimension, choice, storedPrecision);
  for (const vector of vectors) store.add(vector);
  return store;
}

/** Does all slices of some work. */
export function finish<T>(work: Sliced<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

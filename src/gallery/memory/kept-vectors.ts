import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from '../../log.ts';
import type { VectorsKey } from '../storage/vectors-key.ts';
import { type CacheOrigin, VectorCache } from './vector-cache.ts';
import type { VectorMemory, VectorMemoryOptions } from './vector-memory.ts';

/** Numbers up to which vectors are read from the database at start: that takes some tenths of a second. */
const fewNumbers = 2 ** 24;
/** Share of changed rows above which the file is written again. */
const changedShare = 0.1;

/** Returns the name of the file of a generation's vectors. */
export const cacheName = (generation: number): string => `vectors-${generation}.cache`;

/** Options of `VectorKeeper`. */
export interface KeeperOptions extends VectorMemoryOptions {
  /** The collection's folder. */
  readonly directory: string;
  readonly readOnly: boolean;
  readonly log: Logger;
  readonly vectorsKey: VectorsKey;
  /** Numbers (vectors times dimension) above which there is a file. Default 2^24. */
  readonly above?: number | undefined;
}

/** Keeps the vectors of one generation in a file between two starts, where there are so many that reading them takes long. */
export class VectorKeeper {
  readonly #memory: VectorMemory;
  readonly #cache: VectorCache;
  readonly #options: KeeperOptions;
  /** Rows that are not in the file, or are gone since. */
  #unsaved = 0;

  constructor(memory: VectorMemory, options: KeeperOptions) {
    const { modelId, generation, dimension, metric } = memory.space;
    const origin: CacheOrigin = {
      modelId,
      generation,
      dimension,
      metric,
      precision: options.storedPrecision ?? 'float32',
    };
    this.#memory = memory;
    this.#options = options;
    this.#cache = new VectorCache(join(options.directory, cacheName(generation)), origin, memory.layout);
    if (!options.readOnly) this.#cache.tidyUp();
    if (this.#cache.exists) this.#begin();
    else this.#unsaved = memory.table.live;
  }

  #begin(): void {
    const { log, readOnly, directory, vectorsKey } = this.#options;
    const { key } = this.#cache;
    const isKnown = key !== undefined && key === vectorsKey.get();
    const kept = {
      isKnown,
      read: this.#cache.read.bind(this.#cache),
      verified: () => {
        if (key !== undefined && !isKnown && !readOnly) vectorsKey.set(key);
      },
      discard: () => {
        this.#unsaved = this.#memory.table.live;
        if (!readOnly) this.#cache.discard();
      },
    };
    this.#memory.beginWith(kept, (problem) => {
      log.warn('the file of vectors cannot be used: they are read from the database', { directory, problem });
    });
  }

  /** Counts a change. */
  changed(rows: number): void {
    this.#unsaved += rows;
  }

  /** True if so much has changed since the last save that the next start would take long. */
  get wantsSave(): boolean {
    const { live } = this.#memory.table;
    return this.#isMuch ? this.#unsaved > Math.max(1000, changedShare * live) : this.#cache.exists;
  }

  /**
   * Writes the file in parts, if all vectors are in memory; removes it where it is not needed. Rows must keep their places until it
   * has ended; what is written or deleted meanwhile is the next file's.
   */
  *save(): Generator<void, void> {
    if (!this.#isMuch) this.#cache.discard();
    if (!this.#isMuch || this.#memory.isBehind) return;
    const unsaved = this.#unsaved;
    const rows = this.#memory.table.living.clone().and(this.#memory.present).toArray();
    const key = randomBytes(32).toString('hex');
    try {
      yield* this.#cache.write(rows.length, key, (block, first) => {
        this.#memory.copyOut(rows.subarray(first, first + block.chunk.capacity), block);
      });
      this.#options.vectorsKey.set(key);
    } finally {
      // What cannot be written is tried again when as much has changed once more.
      this.#unsaved -= unsaved;
    }
  }

  get #isMuch(): boolean {
    const { table, space } = this.#memory;
    return table.live * space.dimension > (this.#options.above ?? fewNumbers);
  }
}

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { IndexInfo } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { counted } from '../../text.ts';
import type { Neighbour } from '../../vectors/index.ts';
import { HnswIndex } from './hnsw-index.ts';
import { type Entry, hnswDefaults } from './hnsw-options.ts';
import { firstEngine } from './index-engines.ts';
import type { IndexManagerOptions } from './index-manager-options.ts';
import { loadIndex } from './load-index.ts';
import type { IndexEngine } from './manifest.ts';

/** Share of deleted vectors above which the index is built anew. */
const compactionShare = 0.2;
/** Milliseconds per slice of background work, which a request may have to wait for. One insertion of 2,048 numbers takes up to 5. */
const sliceMs = 4;
/** At least; what a slice does not come to is read again by the next. */
const rowsPerRead = 8;
/** So many times an index is begun anew after an error; what fails more often waits for the next write. */
const maxFailures = 2;

/** An index that can be searched: items with sequence numbers above `upTo` are not in it. */
export interface Searchable {
  readonly index: HnswIndex;
  readonly upTo: number;
}

/** An index that holds every vector with a sequence number up to and including `upTo`, but for deleted ones. */
interface Build extends Searchable {
  readonly index: HnswIndex;
  upTo: number;
}

/**
 * Manages the index of one generation of vectors: loads it, catches up with the database in slices, compacts, saves.
 * Because sequence numbers rise and are never used again, "how far" is one number: what lies above it is searched exactly. The
 * index is a cache: one that throws is given up and built anew, and neither a write nor a search fails of it.
 */
export class IndexManager {
  readonly #options: IndexManagerOptions;
  readonly #directory: string;
  /** The engine of new indexes; undefined if none loads. */
  readonly #engine: IndexEngine | undefined;
  #current: Build | undefined;
  /** Takes the place of `#current` when it has caught up. */
  #next: Build | undefined;
  #unsaved = 0;
  /** Since the last write. */
  #failures = 0;
  #lastSequence: number;

  constructor(options: IndexManagerOptions) {
    this.#options = options;
    this.#engine = firstEngine(options.indexEngine);
    this.#directory = join(options.directory, `index-${options.space.generation}`);
    this.#lastSequence = options.lastSequence ?? options.vectors.lastSequence();
  }

  /** Loads the saved index if it is whole and belongs here; otherwise logs the reason and starts anew. */
  load(items: number): void {
    if (!this.#worthIt(items)) return;
    const { space, indexEngine } = this.#options;
    const loaded = loadIndex(this.#directory, { ...space, engine: indexEngine });
    const problem = 'problem' in loaded ? loaded.problem : this.#adopt(loaded.index, loaded.sequence);
    if (problem === undefined) return;
    this.#options.log.warn(
      'the saved search index cannot be used: searches are exact until a new one is built',
      { directory: this.#directory, problem },
    );
  }

  /** The index that can be searched now; undefined if there is none. */
  get searchable(): Searchable | undefined {
    return this.#current;
  }

  /** Finds the `k` nearest in an index that was `searchable`. Returns undefined if that fails: search exactly then. */
  nearest({ index }: Searchable, query: Float32Array, k: number, ef: number): Neighbour[] | undefined {
    return this.#attempt(index, () => index.search(query, k, { ef }));
  }

  /** Call after writing vectors up to the sequence number `lastSequence`. */
  added(lastSequence: number): void {
    this.#lastSequence = Math.max(this.#lastSequence, lastSequence);
    this.#failures = 0;
  }

  /** Call after deleting the items of these sequence numbers. */
  removed(sequences: readonly number[]): void {
    this.#failures = 0;
    for (const { index, upTo } of this.#builds())
      this.#attempt(index, () => {
        for (const sequence of sequences) if (sequence <= upTo) index.delete(sequence);
      });
    this.#unsaved += sequences.length;
  }

  /** True if `work` has something to do. */
  isBehind(items: number): boolean {
    if (!this.#worthIt(items)) return this.#current !== undefined;
    if (this.#failures >= maxFailures) return false;
    if (this.#current === undefined || this.#next !== undefined) return true;
    return this.#current.upTo < this.#lastSequence || this.#needsCompaction(this.#current);
  }

  /** Does a slice of what is to be done. */
  work(items: number): void {
    if (!this.#worthIt(items)) {
      this.#current = this.#next = undefined;
      return;
    }
    const deadline = performance.now() + sliceMs;
    this.#current ??= this.#begin(items);
    if (this.#next === undefined && this.#needsCompaction(this.#current)) this.#next = this.#begin(items);
    this.#advance(this.#current, deadline);
    if (this.#next !== undefined && this.#advance(this.#next, deadline)) {
      this.#current = this.#next;
      this.#next = undefined;
    }
  }

  /** True if so much has changed since the last save that a crash would cost a long catching up. */
  get wantsSave(): boolean {
    return this.#unsaved > Math.max(1000, 0.1 * (this.#current?.index.size ?? 0));
  }

  /** Writes the index where it has changed. */
  save(): void {
    if (this.#current === undefined) this.discard();
    if (this.#current === undefined || this.#unsaved === 0) return;
    const { modelId } = this.#options.space;
    this.#current.index.save(this.#directory, { modelId, sequence: this.#current.upTo });
    this.#unsaved = 0;
  }

  /** Removes what was saved. */
  discard(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Bytes of memory that its indexes take, at least. */
  get bytes(): number {
    return (this.#current?.index.bytes ?? 0) + (this.#next?.index.bytes ?? 0);
  }

  info(items: number): IndexInfo {
    const index = this.#current?.index;
    return {
      kind: this.#worthIt(items) ? 'hnsw' : 'flat',
      engine: (this.#worthIt(items) ? (index?.engine ?? this.#engine) : undefined) ?? null,
      state: this.#worthIt(items) && (this.#current?.upTo ?? 0) < this.#lastSequence ? 'building' : 'ready',
      indexed: index?.size ?? 0,
      deletedShare: index?.deletedShare ?? 0,
      ef: hnswDefaults.ef,
      m: hnswDefaults.m,
      efConstruction: hnswDefaults.efConstruction,
    };
  }

  #worthIt(items: number): boolean {
    const { space, exactSearchLimits } = this.#options;
    return this.#engine !== undefined && items * space.dimension > exactSearchLimits.collection;
  }

  #needsCompaction({ index }: Build): boolean {
    return index.deletedShare > compactionShare;
  }

  #begin(capacity: number): Build {
    const { metric, dimension } = this.#options.space;
    return { index: HnswIndex.create({ engine: this.#engine, metric, dimension, capacity }), upTo: 0 };
  }

  /** Adopts a loaded index after removing the items that were deleted since. Returns a problem if it misses some. */
  #adopt(index: HnswIndex, upTo: number): string | undefined {
    const { vectors } = this.#options;
    const alive = new Set(vectors.sequencesUpTo(upTo));
    const gone: number[] = [];
    for (const sequence of index.sequences()) if (!alive.has(sequence)) gone.push(sequence);
    for (const sequence of gone) index.delete(sequence);
    if (index.size !== alive.size)
      return `it holds ${counted(index.size, 'vector')} where the database has ${alive.size}`;
    this.#current = { index, upTo };
    this.#unsaved = gone.length;
    return undefined;
  }

  /** Adds vectors until the deadline. Returns true if nothing is left to add. */
  #advance(build: Build, deadline: number): boolean {
    while (build.upTo < this.#lastSequence) {
      const { batch } = build.index;
      const rows = this.#options.vectors.vectorsAfter(build.upTo, Math.max(batch, rowsPerRead));
      // A replacement may have later vectors before it has earlier ones.
      const ready = rows.filter(([sequence]) => sequence <= this.#lastSequence);
      for (let start = 0; start < ready.length; start += batch) {
        if (!this.#add(build, ready.slice(start, start + batch))) return false;
        if (performance.now() > deadline) return false;
      }
      if (ready.length < rows.length || rows.length === 0) build.upTo = this.#lastSequence;
    }
    return true;
  }

  /**
   * Adds vectors. Returns false if the build was given up.
   * @throws SnapshelfError `gallery-damaged` for a vector that is none: that is not the index's fault.
   */
  #add(build: Build, entries: readonly Entry[]): boolean {
    const bad = entries.find(([, vector]) => !vector.every(Number.isFinite));
    if (bad !== undefined)
      throw new SnapshelfError('gallery-damaged', `The vector of change ${bad[0]} holds no finite numbers.`);
    this.#attempt(build.index, () => build.index.addAll(entries));
    build.upTo = entries.at(-1)?.[0] ?? build.upTo;
    this.#unsaved += entries.length;
    return this.#builds().includes(build);
  }

  #builds(): Build[] {
    return [this.#current, this.#next].filter((build) => build !== undefined);
  }

  /** Returns the result of `use`; undefined if it throws, and then the index is given up. */
  #attempt<T>(index: HnswIndex, use: () => T): T | undefined {
    try {
      return use();
    } catch (error) {
      if (this.#current?.index === index) this.#current = undefined;
      if (this.#next?.index === index) this.#next = undefined;
      this.#failures += 1;
      this.#options.log.warn('the search index failed: searches are exact until a new one is built', {
        directory: this.#directory,
        error: String(error),
      });
      return undefined;
    }
  }
}

import type { Logger } from '../../log.ts';
import type { Sliced } from '../../threads/index.ts';
import { IndexManager } from '../ann/index-manager.ts';
import type { IndexEngine } from '../ann/manifest.ts';
import type { ShardHosts } from '../ann/shard-hosts.ts';
import type { CollectionMemory } from '../memory/collection-memory.ts';
import type { StoredPrecision } from '../memory/precision.ts';
import type { ScanThreads } from '../memory/scan-threads.ts';
import type { ExactSearchLimits } from '../search/exact-search-limits.ts';
import type { CollectionQueries } from '../storage/collection-queries.ts';
import type { Database } from '../storage/database.ts';
import type { DiskReserve } from '../storage/disk-reserve.ts';
import type { VectorSpace } from '../storage/settings.ts';
import type { State } from '../storage/state.ts';
import { removeOldVersions } from '../storage/vector-versions.ts';
import type { Written } from '../storage/write-transaction.ts';

/** Options of `Collection`. */
export interface CollectionOptions {
  readonly log: Logger;
  readonly readOnly: boolean;
  readonly exactSearchLimits: ExactSearchLimits;
  /** See `GalleryOptions.indexEngine`. */
  readonly indexEngine?: IndexEngine | undefined;
  /** The hosts of the shards of indexes. Default: this thread. */
  readonly shardHosts?: ShardHosts | undefined;
  /** See `GalleryOptions.storedPrecision`. */
  readonly storedPrecision?: StoredPrecision | undefined;
  /** The threads that do large scans. */
  readonly scanThreads?: ScanThreads | undefined;
  /** Space for deletions on a full disk; undefined for a reader. */
  readonly reserve?: DiskReserve | undefined;
}

/** The parts of a collection that are maintained. */
export interface MaintenanceDependencies extends CollectionOptions {
  readonly database: Database;
  readonly queries: CollectionQueries;
  readonly memory: CollectionMemory;
  /** The collection's folder. */
  readonly directory: string;
}

/** Turns that a search waits for those before it, so that rows can be compacted: what takes longer does not hold others up. */
const mostTurns = 200;
/** Searches until that is tried again. */
const triesLater = 1000;

/** Keeps a collection's index up to date and its folder tidy, in slices between requests. */
export class CollectionMaintenance {
  readonly #dependencies: MaintenanceDependencies;
  #indexManager: IndexManager;
  #generation: number;
  #searches = 0;
  /** Work that waits until it may be done in slices. */
  #waiting = 0;
  /** Work that does not wait for a compaction, since one that did has waited in vain. */
  #notWaiting = 0;
  /** Left-over tables that are being emptied. */
  #cleaning: Generator<void, void> | undefined;

  /** Loads the index of the collection, and reads its items. @throws SnapshelfError `gallery-damaged`. */
  constructor(dependencies: MaintenanceDependencies) {
    this.#dependencies = dependencies;
    const { settings, items } = dependencies.queries.state();
    this.#generation = settings.space.generation;
    this.#indexManager = this.#managerOf(settings.space);
    this.#indexManager.load(items);
    try {
      // A million take seconds: threads load the index meanwhile.
      dependencies.memory.findDamaged();
    } catch (error) {
      this.#indexManager.close();
      throw error;
    }
    this.#eraseLog();
    this.cleanUp();
  }

  /** Empties the log that a process which was killed has left: what was deleted may be in it. */
  #eraseLog(): void {
    try {
      this.writeLogBack();
    } catch (error) {
      const { file } = this.#dependencies.database;
      this.#dependencies.log.warn('the log of changes could not be emptied', { file, error: String(error) });
    }
  }

  /** The manager of the index that is searched. */
  get indexManager(): IndexManager {
    return this.#indexManager;
  }

  /** Reads the state; a reader beside a writer notices here that the vectors were replaced. */
  state(): State {
    const state = this.#dependencies.queries.state();
    const { space } = state.settings;
    if (space.generation !== this.#generation) {
      this.replaceIndex(this.#managerOf(space), space);
      this.#indexManager.load(state.items);
    }
    return state;
  }

  /** Has another index searched, after the vectors were replaced by those of `space`. */
  replaceIndex(indexManager: IndexManager, space: VectorSpace): void {
    this.#indexManager.close();
    this.#indexManager = indexManager;
    this.#generation = space.generation;
  }

  /** Takes a change up in the index. */
  follow({ items, removed }: Written): void {
    this.#indexManager.removed(removed);
    this.#indexManager.added(items.at(-1)?.sequence ?? 0);
  }

  /** True while work is done in slices. */
  get isInUse(): boolean {
    return this.#searches + this.#waiting > 0;
  }

  /** True if nothing is done in slices, and the index is up to date. */
  get isIdle(): boolean {
    return !this.isInUse && !this.#indexIsBehind(undefined);
  }

  /** Does work in slices, such as a search: the tables that it reads are not cleaned up meanwhile. */
  *during<T>(search: Sliced<T>): Sliced<T> {
    if (this.#dependencies.memory.isWorn) yield* this.#compacted();
    this.#searches += 1;
    try {
      return yield* search;
    } finally {
      this.#searches -= 1;
    }
  }

  /**
   * Waits until nothing is done in slices, and leaves dead rows out: where one search always follows before another has ended, they would
   * else become ever more.
   */
  *#compacted(): Sliced<void> {
    const { memory } = this.#dependencies;
    this.#notWaiting -= 1;
    if (this.#notWaiting >= 0) return;
    this.#waiting += 1;
    try {
      for (let turn = 0; this.#searches > 0 && memory.isWorn && turn < mostTurns; turn += 1) yield;
      if (this.#searches > 0) this.#notWaiting = triesLater;
      else if (memory.isWorn) memory.compact();
    } finally {
      this.#waiting -= 1;
    }
  }

  /** True if `work` has something to do. `next` is the manager of an index that will be searched later. */
  isBehind(next: IndexManager | undefined): boolean {
    return this.#dependencies.memory.isBehind(this.isInUse) || this.#indexIsBehind(next);
  }

  #indexIsBehind(next: IndexManager | undefined): boolean {
    if (this.#dependencies.readOnly) return false;
    return this.#firstBehind(next) !== undefined || (this.#searches === 0 && this.#cleaning !== undefined);
  }

  /** Does a slice of work. Returns false if there is nothing to do before a thread answers. */
  work(next: IndexManager | undefined): boolean {
    // The first answers need the index: whatever else is read from the disk would only hold it up.
    if (this.#indexManager.loading !== undefined) return false;
    if (this.#dependencies.memory.work(this.isInUse)) return true;
    const manager = this.#firstBehind(next);
    if (manager !== undefined) return manager.work(this.#dependencies.queries.state().items);
    // A search that began before the vectors were replaced may still be reading the old table.
    if (this.#searches === 0 && this.#cleaning?.next().done) this.#cleaning = undefined;
    return true;
  }

  /** Begins to save the index and the vectors, each if a crash would cost a long catching up. Does nothing for a reader. */
  saveInIdleTime(): void {
    if (this.#dependencies.readOnly) return;
    if (this.#indexManager.wantsSave) this.#indexManager.save();
    this.#dependencies.memory.beginSave();
  }

  /** Begins to save what `tidyUp` would have to. Returns true if there is nothing, or it fails. */
  saveToClose(): boolean {
    const { readOnly, memory } = this.#dependencies;
    if (readOnly) return true;
    try {
      if (!this.#indexManager.isSaved) this.#indexManager.save();
      memory.beginSave();
      return this.#indexManager.isSaved && memory.isSaved;
    } catch {
      return true; // `close` tells it.
    }
  }

  /** Begins to remove vectors and indexes that nothing needs any more. */
  cleanUp(): void {
    const { directory, database, readOnly } = this.#dependencies;
    if (!readOnly) this.#cleaning = removeOldVersions(directory, database);
  }

  /** Saves the index and the vectors, and writes the log of changes back; blocks for seconds if they are large. Does nothing for a reader. */
  tidyUp(): void {
    if (this.#dependencies.readOnly) return;
    this.#indexManager.save();
    this.#dependencies.memory.save();
    // Last, since what is saved is noted in the database. The binding keeps a connection until its statements are collected, so closing
    // it alone writes nothing back.
    this.writeLogBack();
  }

  /** Gives the memory of the index, and of that of a re-embedding, back. What is being saved is given up. */
  close(next: IndexManager | undefined): void {
    this.#dependencies.memory.abandonSave();
    this.#indexManager.close();
    next?.close();
  }

  /** Writes the log of changes into the file, and empties it. Does nothing for a reader. */
  writeLogBack(): void {
    if (!this.#dependencies.readOnly) this.#dependencies.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  #firstBehind(next: IndexManager | undefined): IndexManager | undefined {
    const { items } = this.#dependencies.queries.state();
    return [this.#indexManager, next].find((manager) => manager?.isBehind(items));
  }

  #managerOf(space: VectorSpace): IndexManager {
    return new IndexManager({
      ...this.#dependencies,
      vectors: this.#dependencies.queries.vectors(space),
      rows: this.#dependencies.memory.rows,
      space,
    });
  }
}

import { join } from 'node:path';
import type { IndexInfo } from '../../engine/index.ts';
import type { Sliced } from '../../threads/index.ts';
import { metricOf } from '../../vectors/index.ts';
import { compareLoaded } from './compare-loaded.ts';
import { hnswDefaults } from './hnsw-options.ts';
import { IndexBuild } from './index-build.ts';
import { firstEngine } from './index-engines.ts';
import type { IndexManagerOptions } from './index-manager-options.ts';
import { Loading } from './loading.ts';
import type { IndexEngine } from './manifest.ts';
import { removeShards } from './shard-folders.ts';
import { LocalShards, type ShardHosts } from './shard-hosts.ts';
import { type LoadedIndex, ShardedIndex } from './sharded-index.ts';

/** Share of deleted vectors above which the index is built anew: with less, replacing items costs several times what adding does. */
const compactionShare = 0.5;
/** Milliseconds per slice of background work, which a request may have to wait for. */
const sliceMs = 4;
/** So many times an index is begun anew after an error; what fails more often waits for the next write. */
const maxFailures = 2;

const needsCompaction = ({ index }: IndexBuild): boolean => index.deletedShare > compactionShare;

/**
 * Manages the index of one generation of vectors: loads it, catches up with the database in slices, compacts, saves.
 * Because sequence numbers rise and are never used again, "how far" is one number: what lies above it is searched exactly. The
 * index is a cache: one that throws is given up and built anew, and neither a write nor a search fails of it.
 */
export class IndexManager {
  readonly #options: IndexManagerOptions;
  readonly #directory: string;
  readonly #hosts: ShardHosts;
  #loading: Loading | undefined;
  #isClosed = false;
  /** The engine of new indexes; undefined if none loads. */
  readonly #engine: IndexEngine | undefined;
  #current: IndexBuild | undefined;
  /** Built anew from what is alive. It alone takes up what is written meanwhile, so that it has `#current`'s place after as many insertions as that holds. */
  #next: IndexBuild | undefined;
  #unsaved = 0;
  /** Since the last write. */
  #failures = 0;
  #lastSequence: number;

  constructor(options: IndexManagerOptions) {
    this.#options = options;
    this.#engine = firstEngine(options.indexEngine);
    this.#hosts = options.shardHosts ?? new LocalShards();
    this.#directory = join(options.directory, `index-${options.space.generation}`);
    this.#lastSequence = options.lastSequence ?? options.vectors.lastSequence();
  }

  /** Loads the saved index if it is whole and belongs here; otherwise logs the reason and starts anew. */
  load(items: number): void {
    if (!this.#worthIt(items)) return;
    const { space, indexEngine } = this.#options;
    this.#loading = new Loading();
    ShardedIndex.load(this.#hosts, this.#directory, { ...space, engine: indexEngine }, (loaded) => {
      this.#loading?.end();
      this.#loading = undefined;
      if (this.#isClosed) return 'index' in loaded ? loaded.index.drop() : undefined;
      const problem = 'problem' in loaded ? loaded.problem : this.#adopt(loaded);
      if (problem === undefined) return;
      this.#options.log.warn(
        'the saved search index cannot be used: searches are exact until a new one is built',
        { directory: this.#directory, problem },
      );
    });
  }

  /** Ends when a saved index is there, or not to be used; undefined while none is being loaded. */
  get loading(): Promise<void> | undefined {
    return this.#loading?.ended;
  }

  /** The index that can be searched now, without waiting for seconds; undefined if there is none. */
  get searchable(): IndexBuild | undefined {
    return this.#hosts.isHeld ? undefined : this.#current;
  }

  /** Finds candidates for the `k` nearest in an index that was `searchable`. Returns undefined if that fails: search exactly then. */
  *nearest(
    { index }: IndexBuild,
    query: Float32Array,
    k: number,
    ef: number,
  ): Sliced<readonly number[] | undefined> {
    let found: readonly number[] | undefined;
    const failed = (error: unknown): void => this.#giveUp(index, error);
    try {
      const answer = index.search(query, k, ef);
      if (!(answer instanceof Promise)) return answer;
      yield answer.then((sequences) => {
        found = sequences;
      }, failed);
    } catch (error) {
      failed(error);
    }
    return found;
  }

  /** Call after writing vectors up to the sequence number `lastSequence`. */
  added(lastSequence: number): void {
    this.#lastSequence = Math.max(this.#lastSequence, lastSequence);
    this.#failures = 0;
  }

  /** Call after deleting the items of these sequence numbers. */
  removed(sequences: readonly number[]): void {
    this.#failures = 0;
    for (const build of this.#builds()) build.delete(sequences);
    this.#unsaved += sequences.length;
  }

  /** True if something is to be done, be it by the shards. */
  isBehind(items: number): boolean {
    if (!this.#worthIt(items)) return this.#current !== undefined;
    if (this.#failures >= maxFailures) return false;
    if (this.#loading !== undefined || this.#current === undefined || this.#next !== undefined) return true;
    return this.#current.upTo < this.#lastSequence || needsCompaction(this.#current);
  }

  /** Does a slice of what is to be done. Returns false if there is nothing to do before a shard answers. */
  work(items: number): boolean {
    if (!this.#worthIt(items)) return this.#dropAll();
    if (this.#loading !== undefined) return false;
    const deadline = performance.now() + sliceMs;
    this.#current ??= this.#begin(items);
    if (this.#next === undefined && needsCompaction(this.#current)) this.#next = this.#begin(items);
    const sent = (this.#next ?? this.#current).advance(this.#lastSequence, deadline);
    this.#unsaved += sent ?? 0;
    if (this.#next === undefined || this.#next.upTo < this.#current.sent) return sent !== undefined;
    this.#current.index.drop();
    this.#current = this.#next;
    this.#next = undefined;
    return true;
  }

  /** True if so much has changed since the last save that a crash would cost a long catching up. */
  get wantsSave(): boolean {
    return this.#unsaved > Math.max(1000, 0.1 * (this.#current?.index.size ?? 0));
  }

  /** True if nothing is being saved, and the index has not changed since. */
  get isSaved(): boolean {
    return this.#current === undefined || (this.#unsaved === 0 && !this.#hosts.isHeld);
  }

  /** Writes the index where it has changed. @throws SnapshelfError `disk-full`, `not-writable` if the shards are in this thread. */
  save(): void {
    if (this.#current === undefined && this.#loading === undefined) this.discard();
    if (this.#current === undefined || this.#unsaved === 0) return;
    const unsaved = this.#unsaved;
    const state = { modelId: this.#options.space.modelId, sequence: this.#current.sent };
    const failed = (error: unknown): void => {
      this.#unsaved += unsaved;
      if (this.#hosts instanceof LocalShards) throw error;
      const { directory, log } = this.#options;
      log.warn('the search index was not saved', { directory, error: String(error) });
    };
    this.#unsaved = 0;
    this.#current.index.save(this.#directory, state, failed);
  }

  /** Removes what was saved. */
  discard(): void {
    this.#hosts.settle();
    removeShards(this.#directory);
  }

  /** Waits until nothing is saved any more, and gives the memory of the shards back. */
  close(): void {
    this.#isClosed = true;
    this.#dropAll();
    this.#hosts.settle();
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
    const numbers = items * space.dimension * (metricOf(space.metric).scanCost > 1 ? 4 : 1);
    return this.#engine !== undefined && numbers > exactSearchLimits.collection;
  }

  #begin(capacity: number): IndexBuild {
    const { metric, dimension } = this.#options.space;
    const options = { engine: this.#engine, metric, dimension, capacity };
    const index = ShardedIndex.create(this.#hosts, options, (error) => this.#giveUp(index, error));
    return this.#build(index, 0);
  }

  /** Adopts a loaded index after removing the items that were deleted since. Returns a problem if it misses some. */
  #adopt(loaded: LoadedIndex): string | undefined {
    const { problem, surplus } = compareLoaded(loaded, this.#options.vectors, this.#options.rows);
    if (problem !== undefined) loaded.index.drop();
    if (problem !== undefined) return problem;
    this.#current = this.#build(loaded.index, loaded.sequence);
    this.#current.delete(surplus);
    this.#unsaved = surplus.length;
    return undefined;
  }

  #build(index: ShardedIndex, upTo: number): IndexBuild {
    const failed = (failing: ShardedIndex, error: unknown): void => this.#giveUp(failing, error);
    return new IndexBuild(index, upTo, { vectors: this.#options.vectors, hosts: this.#hosts, failed });
  }

  #builds(): IndexBuild[] {
    return [this.#current, this.#next].filter((build) => build !== undefined);
  }

  #dropAll(): true {
    for (const { index } of this.#builds()) index.drop();
    this.#current = this.#next = undefined;
    return true;
  }

  /** Gives an index up that has failed. */
  #giveUp(index: ShardedIndex, error: unknown): void {
    if (this.#isClosed || !this.#builds().some((build) => build.index === index)) return;
    if (this.#current?.index === index) this.#current = this.#next;
    this.#next = undefined;
    index.drop();
    this.#failures += 1;
    this.#options.log.warn('the search index failed: searches are exact until a new one is built', {
      directory: this.#directory,
      error: String(error),
    });
  }
}

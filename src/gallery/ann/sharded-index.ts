import type { Entry, HnswOptions } from './hnsw-options.ts';
import { requireEngine } from './index-engines.ts';
import type { ExpectedIndex } from './index-file.ts';
import type { IndexDescription, IndexEngine } from './manifest.ts';
import { removeShards, savedShards, shardFolders } from './shard-folders.ts';
import type { ShardHosts } from './shard-hosts.ts';
import type { LoadedShard } from './shard-store.ts';
import type { ShardState } from './slot-table.ts';

/** Numbers of shards are never used again, so that an answer of one that was given up finds nobody. */
let lastId = 0;

/** The outcome of work of several shards, at once or later. */
export interface Outcome<T> {
  readonly done: (values: T[]) => void;
  readonly failed: (error: unknown) => void;
}

/** Does work at once where no shard is in another thread, and tells its outcome. */
function attempt<T>(work: () => readonly (T | Promise<T>)[], { done, failed }: Outcome<T>): void {
  try {
    const values = work();
    if (values.some((value) => value instanceof Promise)) Promise.all(values).then(done).catch(failed);
    else done(values as T[]);
  } catch (error) {
    failed(error);
  }
}

/** Candidates asked of each of several shards so that all that are wanted are among them: their number in a shard varies as its root. */
const shareOf = (wanted: number, shards: number): number =>
  shards === 1 ? wanted : Math.min(wanted, Math.ceil(wanted / shards + 2 * Math.sqrt(wanted / shards)));

/** An index that was loaded, and what it holds. */
export interface LoadedIndex {
  readonly index: ShardedIndex;
  /** The last change that every shard holds. */
  readonly sequence: number;
  readonly sequences: readonly number[];
}

/**
 * One index in as many graphs as there are threads, each built by one thread: a graph to which two threads add loses nodes. A sequence
 * number belongs to the shard of its remainder, so shards are alike. A search asks each for its share.
 */
export class ShardedIndex {
  readonly engine: IndexEngine;
  readonly #hosts: ShardHosts;
  readonly #ids: readonly number[];
  readonly #states: ShardState[];

  private constructor(hosts: ShardHosts, engine: IndexEngine, ids: readonly number[], states: ShardState[]) {
    this.#hosts = hosts;
    this.engine = engine;
    this.#ids = ids;
    this.#states = states;
  }

  /** Makes an empty index with a shard on each host. */
  static create(hosts: ShardHosts, options: HnswOptions, failed: (error: unknown) => void): ShardedIndex {
    const { engine } = requireEngine(options.engine);
    const ids = Array.from({ length: hosts.count }, () => ++lastId);
    const capacity = Math.ceil((options.capacity ?? 1) / hosts.count);
    const index = new ShardedIndex(
      hosts,
      engine,
      ids,
      ids.map(() => ({ size: 0, slots: 0, live: 0, bytes: 0 })),
    );
    attempt(
      () => index.#each((host, id) => hosts.call(host, 'create', [id, { ...options, engine, capacity }])),
      { done() {}, failed },
    );
    return index;
  }

  /** Loads a saved index, of however many shards. `done` is given what is wrong with it if it cannot be used. */
  static load(
    hosts: ShardHosts,
    directory: string,
    expected: ExpectedIndex,
    done: (loaded: LoadedIndex | { readonly problem: string }) => void,
  ): void {
    const folders = savedShards(directory);
    const ids = folders.map(() => ++lastId);
    const drop = (problem: string): void => {
      // The threads may have been closed meanwhile, which drops all that they hold.
      const drops = () => ids.map((id, shard) => hosts.call(shard % hosts.count, 'drop', [id]));
      attempt(drops, { done() {}, failed() {} });
      done({ problem });
    };
    attempt(
      () =>
        ids.map((id, shard) => hosts.call(shard % hosts.count, 'load', [id, folders[shard] ?? '', expected])),
      {
        done: (answers) => {
          const shards = answers.filter((answer): answer is LoadedShard => !('problem' in answer));
          const problem = answers.find((answer) => 'problem' in answer)?.problem ?? problemOf(shards);
          if (problem !== undefined) return drop(problem);
          const [{ engine } = requireEngine()] = shards;
          done({
            index: new ShardedIndex(hosts, engine, ids, [...shards]),
            sequence: Math.min(...shards.map(({ sequence }) => sequence)),
            sequences: shards.flatMap(({ sequences }) => [...sequences]),
          });
        },
        failed: (error) => drop(error instanceof Error ? error.message : String(error)),
      },
    );
  }

  /** Number of vectors that can be found: deleted ones do not count. */
  get size(): number {
    return this.#states.reduce((sum, { size }) => sum + size, 0);
  }

  /** Bytes that its nodes take, at least. */
  get bytes(): number {
    return this.#states.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Share of deleted vectors among all that take space, 0 to 1. */
  get deletedShare(): number {
    const slots = this.#states.reduce((sum, state) => sum + state.slots, 0);
    const live = this.#states.reduce((sum, state) => sum + state.live, 0);
    return slots === 0 ? 0 : (slots - live) / slots;
  }

  /** Adds or replaces vectors, and deletes those of `deleted`. */
  change(deleted: readonly number[], entries: readonly Entry[], { done, failed }: Outcome<void>): void {
    const count = this.#ids.length;
    const touched = this.#ids
      .map((id, shard) => ({
        id,
        shard,
        gone: deleted.filter((sequence) => sequence % count === shard),
        added: entries.filter(([sequence]) => sequence % count === shard),
      }))
      .filter(({ gone, added }) => gone.length + added.length > 0);
    attempt(
      () =>
        touched.map(({ id, shard, gone, added }) => {
          const vectors = joined(added.map(([, vector]) => vector));
          const sequences = Float64Array.from(added, ([sequence]) => sequence);
          const change = { deleted: gone, added: sequences, vectors };
          return this.#hosts.call(
            shard % this.#hosts.count,
            'change',
            [id, change],
            [sequences.buffer, vectors.buffer],
          );
        }),
      {
        done: (states) => {
          for (const [i, state] of states.entries()) this.#states[touched[i]?.shard ?? 0] = state;
          done([]);
        },
        failed,
      },
    );
  }

  /** Finds candidates for the `k` nearest, in no order: `k` or some more. */
  search(query: Float32Array, k: number, ef: number): number[] | Promise<number[]> {
    const count = this.#ids.length;
    const answers = this.#each((host, id) =>
      this.#hosts.call(host, 'search', [id, query, shareOf(k, count), shareOf(ef, count)]),
    );
    if (answers.some((answer) => answer instanceof Promise))
      return Promise.all(answers).then((found) => found.flat());
    return (answers as number[][]).flat();
  }

  /** Writes the index to folders, and then removes those of another number of shards. */
  save(
    directory: string,
    state: Pick<IndexDescription, 'modelId' | 'sequence'>,
    failed: (error: unknown) => void,
  ): void {
    const folders = shardFolders(directory, this.#ids.length);
    const done = (): void => removeShards(directory, folders);
    attempt(
      () =>
        this.#each((host, id, shard) =>
          this.#hosts.call(host, 'save', [id, folders[shard] ?? directory, state]),
        ),
      { done, failed },
    );
  }

  /** Gives the memory of the index back. */
  drop(): void {
    attempt(() => this.#each((host, id) => this.#hosts.call(host, 'drop', [id])), { done() {}, failed() {} });
  }

  #each<T>(call: (host: number, id: number, shard: number) => T): T[] {
    return this.#ids.map((id, shard) => call(shard % this.#hosts.count, id, shard));
  }
}

/** Sequence numbers in another shard than theirs would neither be deleted nor replaced. */
function problemOf(shards: readonly LoadedShard[]): string | undefined {
  const isWrong = shards.some(({ sequences }, shard) =>
    sequences.some((sequence) => sequence % shards.length !== shard),
  );
  return isWrong ? 'a shard holds what belongs to another' : undefined;
}

function joined(vectors: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const [first] = vectors;
  const all = new Float32Array(vectors.length * (first?.length ?? 0));
  for (const [row, vector] of vectors.entries()) all.set(vector, row * vector.length);
  return all;
}

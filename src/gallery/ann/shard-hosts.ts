import type { Answer, Arguments } from '../../threads/index.ts';
import type { HnswOptions } from './hnsw-options.ts';
import type { ExpectedIndex } from './index-file.ts';
import type { IndexDescription } from './manifest.ts';
import { type LoadedShard, type ShardChange, ShardStore } from './shard-store.ts';
import type { ShardState } from './slot-table.ts';

/** The operations of whoever holds shards; see `ShardStore`. */
export interface ShardOperations {
  create(id: number, options: HnswOptions): void;
  load(id: number, directory: string, expected: ExpectedIndex): LoadedShard | { readonly problem: string };
  change(id: number, change: ShardChange): ShardState;
  search(id: number, query: Float32Array, k: number, ef: number): number[];
  save(id: number, directory: string, state: Pick<IndexDescription, 'modelId' | 'sequence'>): void;
  drop(id: number): void;
}

/** Hosts of shards: threads, or this very one. */
export interface ShardHosts {
  /** Hosts, and so the shards of a new index. */
  readonly count: number;
  /**
   * Has a host perform an operation: at once where it is this thread, and then errors are thrown. What changes a shard is done
   * in the order of the calls.
   */
  call<K extends keyof ShardOperations>(
    host: number,
    operation: K,
    given: Arguments<ShardOperations[K]>,
    memory?: readonly ArrayBuffer[],
  ): Answer<ShardOperations[K]> | Promise<Answer<ShardOperations[K]>>;
  /** Numbers of vectors that are sent at a time to all hosts together. */
  readonly numbersPerPart: number;
  /** True while a host loads or saves, which may take seconds: searches have to wait for it. */
  readonly isHeld: boolean;
  /** Blocks while a host loads or saves, so that nobody is at work in a folder that is to be removed. */
  settle(): void;
}

/** Shards in this thread. */
export class LocalShards implements ShardHosts {
  readonly count = 1;
  readonly isHeld = false;
  // An insertion of 1,280 numbers takes 1 to 3 ms, and others wait for it here.
  readonly numbersPerPart = 2048;
  readonly #store = new ShardStore();
  readonly #operations: ShardOperations = {
    create: (...given) => this.#store.create(...given),
    load: (...given) => this.#store.load(...given),
    change: (id, change) => {
      const steps = this.#store.change(id, change);
      for (;;) {
        const { done, value } = steps.next();
        if (done === true) return value;
      }
    },
    search: (...given) => this.#store.search(...given),
    save: (...given) => this.#store.save(...given),
    drop: (...given) => this.#store.drop(...given),
  };

  call<K extends keyof ShardOperations>(
    _host: number,
    operation: K,
    given: Arguments<ShardOperations[K]>,
  ): Answer<ShardOperations[K]> {
    const perform = this.#operations[operation] as (...given: readonly unknown[]) => unknown;
    return perform(...given) as Answer<ShardOperations[K]>;
  }

  settle(): void {}
}

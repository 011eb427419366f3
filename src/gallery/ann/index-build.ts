import { SnapshelfError } from '../../errors.ts';
import type { VectorTable } from '../storage/vector-table.ts';
import type { Entry } from './hnsw-options.ts';
import type { ShardHosts } from './shard-hosts.ts';
import type { ShardedIndex } from './sharded-index.ts';

/** Parts that are on their way to the shards: so many that none of them has to wait. */
const maxInFlight = 3;

/** Vectors up to a sequence number, which were sent together. */
interface Part {
  readonly upTo: number;
  isDone: boolean;
}

/** The source of the vectors of a build, and who is told that its index has failed. */
export interface BuildOptions {
  readonly vectors: VectorTable;
  readonly hosts: ShardHosts;
  readonly failed: (index: ShardedIndex, error: unknown) => void;
}

/** An index that takes vectors up: it holds each with a sequence number up to and including `upTo`, but for deleted ones. */
export class IndexBuild {
  readonly index: ShardedIndex;
  readonly #options: BuildOptions;
  #upTo: number;
  #sent: number;
  /** The parts that are on their way, the first one sent first. */
  readonly #parts: Part[] = [];

  constructor(index: ShardedIndex, upTo: number, options: BuildOptions) {
    this.index = index;
    this.#upTo = upTo;
    this.#sent = upTo;
    this.#options = options;
  }

  /** Vectors above that sequence number may not be in it. */
  get upTo(): number {
    return this.#upTo;
  }

  /** Vectors up to that sequence number are in it when the shards have done what they were told. */
  get sent(): number {
    return this.#sent;
  }

  /** Has vectors deleted. */
  delete(sequences: readonly number[]): void {
    this.index.change(sequences, [], {
      done() {},
      failed: (error) => this.#options.failed(this.index, error),
    });
  }

  /**
   * Sends vectors to the shards, until the deadline and as many as may be on their way. Returns how many those were, undefined
   * if nothing could be sent.
   * @param last vectors up to that sequence number are all there
   * @throws SnapshelfError `gallery-damaged` for a vector that is none: that is not the index's fault.
   */
  advance(last: number, deadline: number): number | undefined {
    const { hosts, vectors } = this.#options;
    const limit = Math.max(hosts.count, Math.floor(hosts.numbersPerPart / vectors.dimension));
    let count: number | undefined;
    while (this.#sent < last && this.#parts.length < maxInFlight && performance.now() < deadline) {
      const rows = vectors.vectorsAfter(this.#sent, limit);
      // A replacement may have later vectors before it has earlier ones.
      const ready = rows.filter(([sequence]) => sequence <= last);
      const isEnd = ready.length < rows.length || rows.length === 0;
      this.#send(ready, isEnd ? last : (ready.at(-1)?.[0] ?? last));
      count = (count ?? 0) + ready.length;
    }
    return count;
  }

  #send(entries: readonly Entry[], upTo: number): void {
    const bad = entries.find(([, vector]) => !vector.every(Number.isFinite));
    if (bad !== undefined)
      throw new SnapshelfError('gallery-damaged', `The vector of change ${bad[0]} holds no finite numbers.`);
    const part = { upTo, isDone: false };
    this.#sent = upTo;
    this.#parts.push(part);
    const done = (): void => {
      part.isDone = true;
      // One shard may be through with a later part while another has an earlier one.
      while (this.#parts[0]?.isDone) this.#upTo = this.#parts.shift()?.upTo ?? upTo;
    };
    this.index.change([], entries, { done, failed: (error) => this.#options.failed(this.index, error) });
  }
}

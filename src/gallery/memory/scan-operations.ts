import type { Metric } from '../../vectors/index.ts';
import type { SharedMemory } from './kernel.ts';
import type { CodedQuery } from './scan-words.ts';
import type { CandidateLists } from './shortlist.ts';
import type { ChunkLayout } from './vector-chunk.ts';

/** Rows in a memory that threads share. */
export interface SharedChunk {
  readonly id: number;
  readonly memory: SharedMemory;
  readonly start: number;
  readonly capacity: number;
  readonly layout: ChunkLayout;
}

/** The part of a scan that threads do. */
export interface ScanJob {
  readonly query: CodedQuery;
  /** The bits of the rows that may be found. */
  readonly words: Uint32Array;
  readonly n: number;
  readonly metric: Metric;
  readonly dimension: number;
  /** Nearer vectors are passed over. */
  readonly from: number;
}

/** Words of a chunk. */
export interface ScanBlock {
  readonly chunk: number;
  readonly from: number;
  readonly to: number;
}

/** Scans of the same rows, done in one pass over memory by all threads: each takes the next block until there is none. */
export interface ScanGroup {
  readonly jobs: readonly ScanJob[];
  readonly blocks: readonly ScanBlock[];
  /** The number of the next block, which all threads count up. */
  readonly next: Int32Array;
}

/** The share of one thread in a group: so many blocks, and their candidates by job. */
export interface ScannedBlocks {
  readonly blocks: number;
  readonly lists: readonly CandidateLists[];
}

/** The operations of a thread that scans. */
export interface ScanOperations {
  share(chunk: SharedChunk): void;
  forget(id: number): void;
  scan(group: ScanGroup): ScannedBlocks;
}

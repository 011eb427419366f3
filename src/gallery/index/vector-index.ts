import type { Metric } from '../metric.ts';

/** One answer of a search. `distance` is true: L2 is not squared, cosine is 1 - cos (1 when a vector is zero). */
export interface Neighbour {
  readonly label: number;
  readonly distance: number;
}

/** Where the raw vectors live (SQLite): read in blocks, so that a scan needs a few megabytes only. */
export interface VectorSource {
  readonly dimension: number;
  count(): number;
  /** All vectors, each once: `vectors` is `float32[n,D]`, row i belongs to `labels[i]`. */
  blocks(): Iterable<{ readonly labels: readonly number[]; readonly vectors: Float32Array }>;
  /** Those of the labels that exist, `float32[D]` each. */
  get(labels: readonly number[]): Map<number, Float32Array>;
}

export interface IndexSearchOptions {
  /** Width of the HNSW search, raised to k where smaller; default is the index's own. A flat index ignores it. */
  readonly ef?: number | undefined;
  /** Only these labels may be answered. HNSW may then fall short of k. */
  readonly allow?: ReadonlySet<number> | undefined;
}

/** Labels are safe non-negative integers. Vectors are raw `float32[D]`. Every call is synchronous. */
export interface VectorIndex {
  readonly kind: 'hnsw' | 'flat';
  /** How many vectors can be found: deleted ones do not count. */
  readonly size: number;
  /** Deleted vectors that still take space, as a share of all that take space: 0..1. */
  readonly deletedShare: number;
  /** Adds the vector, or replaces the one of that label. */
  add(label: number, vector: Float32Array): void;
  /** Does nothing when the label is absent. */
  delete(label: number): void;
  has(label: number): boolean;
  /** At most k neighbours, by rising distance, equal distances by rising label. */
  search(query: Float32Array, k: number, options?: IndexSearchOptions): Neighbour[];
  /** Writes the index into the directory, which it has to itself. A crash leaves the previous one or this one. */
  save(directory: string, state: SavedState): void;
  labels(): Iterable<number>;
}

/** What the saved index belongs to: the model, and the last change of the collection that it holds. */
export interface SavedState {
  readonly modelId: string;
  readonly sequence: number;
}

export interface IndexOptions {
  readonly metric: Metric;
  /** Numbers per vector. */
  readonly dimension: number;
  /** Expected number of vectors; the index grows beyond it by itself. */
  readonly capacity?: number | undefined;
  /** HNSW: links per node. */
  readonly m?: number | undefined;
  /** HNSW: width of the search while building. */
  readonly efConstruction?: number | undefined;
  /** HNSW: width of the search while querying. */
  readonly ef?: number | undefined;
  /** Default: hnsw where the native module is installed, else flat. */
  readonly kind?: 'hnsw' | 'flat' | undefined;
}

export interface ExpectedIndex {
  readonly modelId: string;
  readonly metric: Metric;
  readonly dimension: number;
}

/** An empty index. Throws `index-unavailable` when `hnsw` is asked for and the native module is absent. */
export function createIndex(_options: IndexOptions): VectorIndex {
  throw new Error('not there yet');
}

/** The index that `save` wrote, or why there is none that can be used: missing, damaged, of another model. */
export function loadIndex(
  _directory: string,
  _expected: ExpectedIndex,
): { index: VectorIndex; sequence: number } | { problem: string } {
  return { problem: 'not there yet' };
}

/** The k nearest by a full scan of the source. Yields between blocks, so that other work may go in between. */
// biome-ignore lint/correctness/useYield: not there yet
export function* exactSearch(
  _source: VectorSource,
  _query: Float32Array,
  _k: number,
  _metric: Metric,
  _options?: { readonly allow?: ReadonlySet<number> | undefined },
): Generator<void, Neighbour[]> {
  throw new Error('not there yet');
}

/** Whether the native HNSW module loads; `detail` says what is missing and how to get it. */
export function hnswAvailable(): { available: boolean; detail: string } {
  return { available: false, detail: 'not there yet' };
}

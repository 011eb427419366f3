import { checkPositive } from '../exact/checks.ts';
import type { Metric } from '../exact/distance.ts';
import { FlatIndex } from './flat-index.ts';
import { HnswIndex } from './hnsw-index.ts';
import { hnswAvailable } from './hnsw-native.ts';
import { openFiles } from './index-file.ts';
import type { HnswParameters } from './manifest.ts';

export { exactSearch } from '../exact/exact-search.ts';
export { hnswAvailable };

/** One answer of a search. `distance` is true: L2 is not squared, cosine is 1 - cos (1 when a vector is zero). */
export interface Neighbour {
  readonly sequence: number;
  readonly distance: number;
}

/** Where the raw vectors live (SQLite): read in blocks, so that a scan needs a few megabytes only. */
export interface VectorSource {
  readonly dimension: number;
  count(): number;
  /** All vectors, each once: `vectors` is `float32[n,D]`, row i belongs to `sequences[i]`. */
  blocks(): Iterable<{ readonly sequences: readonly number[]; readonly vectors: Float32Array }>;
  /** Those of the sequence numbers that exist, `float32[D]` each. */
  get(sequences: readonly number[]): Map<number, Float32Array>;
}

export interface IndexSearchOptions {
  /** Width of the HNSW search, raised to k where smaller; default is the index's own. A flat index ignores it. */
  readonly ef?: number | undefined;
  /** Only these sequence numbers may be answered. HNSW may then fall short of k. */
  readonly allow?: ReadonlySet<number> | undefined;
}

/** Sequence numbers are safe non-negative integers. Vectors are raw `float32[D]`. Every call is synchronous. */
export interface VectorIndex {
  readonly kind: 'hnsw' | 'flat';
  /** How many vectors can be found: deleted ones do not count. */
  readonly size: number;
  /** Deleted vectors that still take space, as a share of all that take space: 0..1. */
  readonly deletedShare: number;
  /** The settings of the graph; null for a flat index. */
  readonly parameters: HnswParameters | null;
  /** Adds the vector, or replaces the one of that sequence number. */
  add(sequence: number, vector: Float32Array): void;
  /** Does nothing when the sequence number is absent. */
  delete(sequence: number): void;
  has(sequence: number): boolean;
  /** At most k neighbours, by rising distance, equal distances by rising sequence number. */
  search(query: Float32Array, k: number, options?: IndexSearchOptions): Neighbour[];
  /** Writes the index into the directory, which it has to itself. A crash leaves the previous one or this one. */
  save(directory: string, state: SavedState): void;
  sequences(): Iterable<number>;
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
export function createIndex(options: IndexOptions): VectorIndex {
  checkOptions(options);
  const kind = options.kind ?? (hnswAvailable().available ? 'hnsw' : 'flat');
  return kind === 'hnsw' ? HnswIndex.create(options) : new FlatIndex(options);
}

/** The index that `save` wrote, or why none can be used: missing, damaged, of another model. Rebuild it then. */
export function loadIndex(
  directory: string,
  expected: ExpectedIndex,
): { index: VectorIndex; sequence: number } | { problem: string } {
  try {
    const files = openFiles(directory, expected);
    if ('problem' in files) return files;
    const index = files.manifest.kind === 'hnsw' ? HnswIndex.load(files) : FlatIndex.load(files);
    return 'problem' in index ? index : { index, sequence: files.manifest.sequence };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function checkOptions(options: IndexOptions): void {
  for (const name of ['dimension', 'capacity', 'm', 'efConstruction', 'ef'] as const)
    if (options[name] !== undefined) checkPositive(name, options[name]);
  // The height of the graph grows with 1 / log(m).
  if (options.m === 1) throw new RangeError('m must be at least 2, not 1');
}

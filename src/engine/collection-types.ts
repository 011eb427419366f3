import type { SnapshelfError } from '../errors.ts';
import type { Metric, MetricOptions } from '../vectors/index.ts';
import type { FieldType } from './types.ts';

/** The vectors of a collection: whose they are, how long, and how they are compared. */
export interface VectorSettings {
  /** SHA-256 (hex) of the model file whose vectors the collection takes. */
  readonly modelId: string;
  readonly modelName: string;
  /** Numbers per vector, 1 to 16,384. */
  readonly dimension: number;
  readonly metric: Metric;
  /** The numbers of `weak-metric`; other metrics have none. */
  readonly metricOptions?: MetricOptions | undefined;
}

/** The settings of a new collection. */
export interface CollectionSettings extends VectorSettings {
  /** 1 to 64 of `a-z 0-9 _ -`, beginning with a letter or digit. */
  readonly name: string;
  /** True keeps the picture itself, which re-indexing needs. Default true. */
  readonly storeImages?: boolean | undefined;
}

/** The state of the search index. */
export interface IndexInfo {
  /** `flat`: every search is exact. */
  readonly kind: 'hnsw' | 'flat';
  /** The library that searches, `usearch` or `hnswlib` of the embedded engine; null where every search is exact. */
  readonly engine: string | null;
  /** `building`: changes are still being added to the index; searches are exact or half exact meanwhile. */
  readonly state: 'ready' | 'building';
  /** Vectors in the index. */
  readonly indexed: number;
  /** Share of deleted vectors in the index, 0 to 1; compacted when above 0.2. */
  readonly deletedShare: number;
  readonly ef: number;
  readonly m: number;
  readonly efConstruction: number;
}

/** The bytes of memory that a collection takes (`vectors` with their codes), those of SQLite left out; all 0 while it is closed. */
export interface MemoryInfo {
  readonly vectors: number;
  /** Fields that filters, facets and grouping have asked for. */
  readonly columns: number;
  /** The search index, at least. */
  readonly index: number;
}

/** The model of a re-embedding. */
export interface ReembeddingSettings extends Omit<VectorSettings, 'metric'> {
  /** Default: the collection's, with its numbers. */
  readonly metric?: Metric | undefined;
}

/** Progress of a re-embedding (re-index with another model). */
export interface ReembeddingInfo extends VectorSettings {
  /** Items that have a vector of the new model, out of the collection's `items`. */
  readonly done: number;
}

/** A collection and its state. */
export interface CollectionInfo extends VectorSettings {
  readonly name: string;
  /** True if the triangle inequality holds; only of `weak` and `weak-metric`: 2^(P+1) - 2^(2P) >= b/a. */
  readonly isMetric?: boolean | undefined;
  readonly storeImages: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly items: number;
  readonly products: number;
  /** True if `products` is estimated, within some 10 %: the engine would take too long to count those of so many items. */
  readonly productsEstimated?: boolean | undefined;
  /** The number of the last change; every upserted item and every deletion has its own. */
  readonly sequence: number;
  /**
   * The types of metadata fields, by key. The first value fixes a field's type; a later one of another type makes it `text`,
   * with the values that are stored.
   */
  readonly fields: Readonly<Record<string, FieldType>>;
  readonly index: IndexInfo;
  /** Undefined for an engine that keeps collections elsewhere. */
  readonly memory?: MemoryInfo | undefined;
  readonly reindex?: ReembeddingInfo | undefined;
  /** The documents that are kept with it: the key of each, and a text that changes with it. Undefined for none. */
  readonly documents?: Readonly<Record<string, string>> | undefined;
}

/** A collection that cannot be opened. */
export interface DamagedCollection {
  readonly name: string;
  /** The error that every call about it rejects with. */
  readonly error: SnapshelfError;
}

import type { SnapshelfError } from '../errors.ts';
import type { Metric } from './exact/distance.ts';

export type { Metric } from './exact/distance.ts';

/** A JSON value, as metadata holds it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The part of a data set that an item belongs to. */
export type Split = 'train' | 'query' | 'gallery' | 'test';

/** The settings of a new collection. */
export interface CollectionSettings {
  /** 1 to 64 of `a-z 0-9 _ -`, beginning with a letter or digit. */
  readonly name: string;
  /** SHA-256 (hex) of the model file whose vectors the collection takes. */
  readonly modelId: string;
  readonly modelName: string;
  /** Numbers per vector, 1 to 16,384. */
  readonly dimension: number;
  readonly metric: Metric;
  /** True keeps the picture itself, which re-indexing needs. Default true. */
  readonly storeImages?: boolean | undefined;
}

/** The state of the search index. */
export interface IndexInfo {
  /** `flat`: every search is exact. */
  readonly kind: 'hnsw' | 'flat';
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

/** Progress of a re-embedding (re-index with another model). */
export interface ReembeddingInfo {
  readonly modelId: string;
  readonly modelName: string;
  readonly dimension: number;
  readonly metric: Metric;
  /** Items that have a vector of the new model, out of the collection's `items`. */
  readonly done: number;
}

/** A collection and its state. */
export interface CollectionInfo {
  readonly name: string;
  readonly modelId: string;
  readonly modelName: string;
  readonly dimension: number;
  readonly metric: Metric;
  readonly storeImages: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly items: number;
  readonly products: number;
  /** The number of the last change; every upserted item and every deletion has its own. */
  readonly sequence: number;
  readonly index: IndexInfo;
  readonly reindex?: ReembeddingInfo | undefined;
}

/** A collection that cannot be opened. */
export interface DamagedCollection {
  readonly name: string;
  /** The error that every call about it rejects with. */
  readonly error: SnapshelfError;
}

/** An item to store. It replaces the one of the same id whole. */
export interface ItemInput {
  /** 1 to 512 characters, a relative path or a plain name. */
  readonly id: string;
  /** Default: the id. */
  readonly productId?: string | undefined;
  readonly label?: string | undefined;
  /** At most 64 KiB of JSON, 1,000 values, 32 levels deep. */
  readonly metadata?: Readonly<Record<string, Json>> | undefined;
  readonly split?: Split | undefined;
  /** `float32[D]`, raw: the gallery normalises for cosine. */
  readonly vector: Float32Array;
  /** SHA-256 (hex) of the picture's bytes, '' where there is none. */
  readonly imageHash: string;
  /** The picture as it was sent; kept only where the collection stores images. */
  readonly image?: Uint8Array | undefined;
  /** Media type of `image`: JPEG, PNG, WebP, AVIF, GIF, or `application/octet-stream` (the default). */
  readonly imageType?: string | undefined;
  /** JPEG. */
  readonly thumbnail?: Uint8Array | undefined;
}

/** An item as it is stored. */
export interface Item {
  readonly id: string;
  readonly productId: string;
  readonly label: string | null;
  readonly metadata: Record<string, Json>;
  readonly split: string | null;
  readonly imageHash: string;
  readonly hasImage: boolean;
  readonly hasThumbnail: boolean;
  /** The change that wrote it: rises with every upsert, never used twice. */
  readonly sequence: number;
  /** ISO 8601. */
  readonly updatedAt: string;
}

/** A picture with its media type. */
export interface StoredImage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly mediaType: string;
}

/**
 * A condition on items. `field` is `id`, `productId`, `label`, `split` or a dotted path into the metadata
 * (`metadata.price`). A field that is missing makes every comparison false; `not` is the exact complement.
 * `equals` and `in` take null, booleans, numbers and strings, and compare type and value; ranges compare numbers with
 * numbers and strings with strings (by code point).
 */
export type Filter =
  | { readonly field: string; readonly equals: Json }
  | { readonly field: string; readonly in: readonly Json[] }
  | ({ readonly field: string } & Range)
  | { readonly field: string; readonly exists: boolean }
  | { readonly and: readonly Filter[] }
  | { readonly or: readonly Filter[] }
  | { readonly not: Filter };

/** At least one bound; all bounds must hold. */
export interface Range {
  readonly gte?: number | string | undefined;
  readonly gt?: number | string | undefined;
  readonly lte?: number | string | undefined;
  readonly lt?: number | string | undefined;
}

/** Options of `Gallery.search`. */
export interface SearchOptions {
  /** Answers wanted, 1 to 1,000. Default 10. Fewer come, with `next`, when their metadata is more than a megabyte. */
  readonly k?: number | undefined;
  /** `product` (default) answers each product once, by its best item. */
  readonly group?: 'product' | 'item' | undefined;
  /** Width of the HNSW search, 1 to 10,000; more finds more and takes longer. Default: the index's. */
  readonly ef?: number | undefined;
  /** Compare with every vector. Default false. */
  readonly exact?: boolean | undefined;
  readonly filter?: Filter | undefined;
  /** Leave out what scores less. */
  readonly minScore?: number | undefined;
  /** `next` of the previous page; query, filter, group, exclude and minScore must be the same. */
  readonly after?: string | undefined;
  /** Model that made the vector: the search is refused (`model-mismatch`) when the collection has another by now. */
  readonly modelId?: string | undefined;
  /** Item ids that must not be answered, at most 1,000. */
  readonly exclude?: readonly string[] | undefined;
  /** An abort rejects with the signal's reason and stops the work. */
  readonly signal?: AbortSignal | undefined;
}

/** One answer; where products are asked for, the best item of its product. */
export interface Hit {
  readonly item: Item;
  /** True distance: cosine 0..2, L2 not squared. */
  readonly distance: number;
  /** cosine: 1 - distance; l2: 1 / (1 + distance). Higher is better. */
  readonly score: number;
}

/** A page of answers. */
export interface SearchAnswer {
  /**
   * By rising distance, equal distances by rising item id (UTF-16 code units). A page ends early, at one answer or more,
   * when its metadata exceeds 1 MiB or 100,000 values; `next` goes on behind it.
   */
  readonly hits: Hit[];
  /** Pass as `after` for the next page; null when there is none. */
  readonly next: string | null;
  readonly searched: {
    readonly kind: 'exact' | 'hnsw';
    /** null for an exact search. */
    readonly ef: number | null;
    readonly metric: Metric;
    /** Vectors whose exact distance was taken into account. */
    readonly candidates: number;
  };
  readonly timings: { readonly filterMs: number; readonly searchMs: number; readonly fetchMs: number };
}

/** Options of `Gallery.list`. */
export interface ListOptions {
  /** 1 to 1,000. Default 100. Fewer come, with `next`, when their metadata is more than a megabyte. */
  readonly limit?: number | undefined;
  /** `next` of the previous page. */
  readonly after?: string | undefined;
  readonly filter?: Filter | undefined;
}

/**
 * A page of items by rising id (code points). It ends early, at one item or more, when its metadata exceeds 1 MiB or
 * 100,000 values; `next` goes on behind it.
 */
export interface ItemPage {
  readonly items: Item[];
  readonly next: string | null;
}

/** The model of a re-embedding. */
export interface ReembeddingSettings {
  readonly modelId: string;
  readonly modelName: string;
  readonly dimension: number;
  /** Default: the collection's. */
  readonly metric?: Metric | undefined;
}

/** A new vector for an item as it was at `sequence`; dropped when the item has changed since. */
export interface ReembeddedVector {
  readonly id: string;
  readonly sequence: number;
  readonly vector: Float32Array;
}

/** A snapshot that was written. */
export interface SnapshotReport {
  /** Size of the file. */
  readonly bytes: number;
  /** Hex, of the database inside the file. */
  readonly sha256: string;
}

import type { Metric, MetricOptions } from '../vectors/index.ts';
import type { Item, Json } from './types.ts';

/**
 * A condition on items. `field` is `id`, `productId`, `label`, `split`, or `metadata.` and a key, whatever is in it:
 * `metadata.price.eur` is the key `price.eur`, and where an item has none, `eur` in the object `price`. A field that is
 * missing makes every comparison false; `not` is the exact complement. `equals` and `in` take null, booleans, numbers and
 * strings; a value and its text are the same (123 and "123"), and of a list one element has to match. `prefix` is the beginning
 * of a text, or of one of a list. Ranges compare
 * numbers with numbers and strings with strings (by code point); a bound of another type than the field's is refused, and
 * so is a whole number beyond 2^53, which is kept as text, and a number where the field holds such texts.
 */
export type Filter =
  | { readonly field: string; readonly equals: Json }
  | { readonly field: string; readonly in: readonly Json[] }
  | { readonly field: string; readonly prefix: string }
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

/** A field that answers of the same distance are ordered by. Items without a value come last. */
export interface SortField {
  /** The field, named as in a filter. */
  readonly field: string;
  /** Default `asc`. */
  readonly order?: 'asc' | 'desc' | undefined;
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
  /** Product ids whose items must not be answered, at most 1,000. */
  readonly excludeProducts?: readonly string[] | undefined;
  /** The order of answers of one and the same distance, before their ids; at most 4 fields. Default: by id alone. */
  readonly sort?: readonly SortField[] | undefined;
  /** An abort rejects with the signal's reason and stops the work. */
  readonly signal?: AbortSignal | undefined;
}

/** One answer; where products are asked for, the best item of its product. */
export interface Hit {
  readonly item: Item;
  /** True distance: cosine 0..2, L2 not squared, `weak` and `weak-metric` in nats. */
  readonly distance: number;
  /** cosine: 1 - distance; every other metric: 1 / (1 + distance). Higher is better. */
  readonly score: number;
  /**
   * The chance, 0 to 1, that it is the product that was searched for. Only from a retriever, of a calibrated collection, to a query by
   * one picture, vector, or item with its own product.
   */
  readonly confidence?: number | undefined;
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
  /** Items that pass the filter, of which the answers are the nearest; without a filter all of the collection. */
  readonly total: number;
  /** Items that this page passed over because their product has an answer already; 0 where items are asked for. */
  readonly hidden: number;
  /** Damaged items, and items of damaged vectors, that were left out wherever they belong. Undefined for none. */
  readonly damaged?: number | undefined;
  readonly searched: {
    readonly kind: 'exact' | 'hnsw';
    /** null for an exact search. */
    readonly ef: number | null;
    readonly metric: Metric;
    /** The numbers of `weak-metric`. */
    readonly metricOptions?: MetricOptions | undefined;
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
  /** Damaged items of the collection, which were left out: whether they belong here cannot be known. Undefined for none. */
  readonly damaged?: number | undefined;
}

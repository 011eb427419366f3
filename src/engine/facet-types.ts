import type { Filter, SearchOptions } from './search-types.ts';

/** A field whose values are counted. */
export interface FacetField {
  /** The field, named as in a filter. */
  readonly field: string;
  /** Values to name, the most frequent first, 1 to 1,000. Default 10. */
  readonly limit?: number | undefined;
  /** Counts numbers by range instead of by value: the rising bounds between the ranges, or how many ranges to make, 1 to 100. */
  readonly ranges?: readonly number[] | number | undefined;
}

/** The query whose nearest answers are counted: items, or each product by its nearest item. */
export interface NearQuery extends Omit<SearchOptions, 'filter' | 'group' | 'after' | 'signal'> {
  readonly vector: Float32Array;
  readonly k: number;
}

/** Options of `Engine.facets`. */
export interface FacetsOptions {
  /** 1 to 20 fields. */
  readonly fields: readonly FacetField[];
  /** Counts only what it lets through. Default: all items. */
  readonly filter?: Filter | undefined;
  /** Counts only the `k` nearest of a query (1 to 1,000), which pass the filter. Default: all. */
  readonly near?: NearQuery | undefined;
  /** `product` (default) counts a product once for each value that one of its items has; `item` counts items. */
  readonly group?: 'product' | 'item' | undefined;
  /** An abort rejects with the signal's reason and stops the work. */
  readonly signal?: AbortSignal | undefined;
}

/** A value and how many have it. */
export interface FacetValue {
  readonly value: string | number | boolean;
  readonly count: number;
}

/** A range of numbers, `from` <= number < `to`, and how many have one in it. */
export interface FacetRange {
  /** null: however small. */
  readonly from: number | null;
  /** null: however large. */
  readonly to: number | null;
  readonly count: number;
}

/** The counts of one field. */
export interface Facet {
  readonly field: string;
  /** The most frequent values, equal counts by rising value. Empty where ranges were asked for. */
  readonly values: readonly FacetValue[];
  /** Number of further different values, which are not named. */
  readonly others: number;
  /** Only where they were asked for: rising, none left out between them. */
  readonly ranges?: readonly FacetRange[] | undefined;
  /** The number of those that have no value in the field: nothing, null, an object, an empty list, or for ranges no number. */
  readonly missing: number;
}

/** The answer of `Engine.facets`. */
export interface FacetsAnswer {
  /** In the order of the fields. */
  readonly fields: readonly Facet[];
  /** Items, or products, that were counted. */
  readonly total: number;
}

import type { Hit } from '../../engine/index.ts';
import type { KReciprocalNumbers } from '../../vectors/index.ts';

/** Alpha query expansion: the search is by the query and its nearest items, each with the weight `cos^alpha`. */
export interface ExpandOptions {
  /** The nearest items that are added, 1 to 50. Default 3. */
  readonly n?: number | undefined;
  /** 0 (all alike) to 10. Default 3. */
  readonly alpha?: number | undefined;
}

/** K-reciprocal re-ranking of the nearest items, by whether they are near to each other too. */
export interface RerankOptions
  extends Partial<{ readonly [Name in keyof KReciprocalNumbers]: number | undefined }> {
  /** The nearest items that are put in a new order, 2 to 500; those behind are not answered. Default 100. */
  readonly depth?: number | undefined;
}

/**
 * The score of a product of several items: that of its best one (`max`, the default), or the mean of all that pass the filter
 * (`mean`). Under `mean` the products of the nearest items compete.
 */
export type Views = 'max' | 'mean';

/** Options of a search that change the order of what is nearest. All are off by default. */
export interface RankingOptions {
  /** Needs the metric cosine. */
  readonly expand?: ExpandOptions | undefined;
  /** Needs the metric cosine; answers one page, of at most `depth`. */
  readonly rerank?: RerankOptions | undefined;
  /** `mean` answers one page, of products. */
  readonly views?: Views | undefined;
}

/** One answer of a search with `RankingOptions`. */
export interface RankedHit extends Hit {
  /** The distance of re-ranking, 0 to 1, by which answers come; undefined without it. */
  readonly rerankDistance?: number | undefined;
}

/** The way that the order of an answer came about; undefined for a search without such options. */
export interface RankingReport {
  /** Items that the query was expanded by. */
  readonly expandedBy?: number | undefined;
  /** Items that were put in a new order, or whose products were: what is behind them was not looked at. */
  readonly depth?: number | undefined;
}

import type { Ranker } from './ranker.ts';

/** The items that a ranking must include one of, whatever its length; see `RequiredNeighbours` of the metrics. */
export interface RequiredItems {
  /** Returns a test of a row of the gallery; undefined if the ranking of the query need not include any item. */
  mustInclude(query: number): ((row: number) => boolean) | undefined;
  /** The rows that pass the test of a query, ascending. */
  rowsFor(query: number): readonly number[];
}

/** The requirements of every ranking of a search, and the part that computes it. */
export interface RankingRequest {
  /** Neighbours per query. */
  readonly k: number;
  /** Returns the row of the gallery that is the query itself and stays out of its ranking; -1 if there is none. */
  readonly ownRow: (query: number) => number;
  readonly required: RequiredItems | undefined;
  readonly ranker: Ranker;
}

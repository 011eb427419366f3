/** Vectors to compare, with what the protocols need to know of each. */
export interface LabelledVectors {
  /** `float32[count, dimension]`, row by row, raw (not normalised). */
  readonly vectors: Float32Array;
  readonly dimension: number;
  readonly ids: readonly string[];
  readonly labels: readonly string[];
  /** SHA-256 of each picture, where known: identical pictures across query and gallery are flagged. */
  readonly hashes?: readonly string[] | undefined;
}

export type Metric = 'cosine' | 'l2';

/** What exact search says of one query: its neighbours best first, complete as far as it goes. */
export interface Ranking {
  /** Row of the query. */
  readonly query: number;
  /**
   * Rows of the gallery, nearest first, equal distances by row (rows are sorted by id beforehand). Never the query
   * itself in self-retrieval. Every item as near as the last one is in it; and, where the query has a relevant item, it
   * reaches to the first relevant one.
   */
  readonly neighbours: Uint32Array;
  /** True distances (cosine: 1 - similarity; L2 not squared), ascending, float32. Equal distances are ties. */
  readonly distances: Float32Array;
}

import type { Metric, MetricChoice, MetricOptions } from '../vectors/index.ts';

/** Vectors with their labels. Rows are in the order of their ids, which is the order of equal distances. */
export interface LabelledVectors {
  /** `float32[N,D]`, row by row, raw (not normalised). */
  readonly vectors: Float32Array;
  readonly dimension: number;
  readonly ids: readonly string[];
  readonly labels: readonly string[];
  /** SHA-256 of each picture (of its vector, where only that is known), empty if unknown. With them, pictures in both query and gallery are flagged. */
  readonly hashes?: readonly string[] | undefined;
}

export type { Metric, MetricChoice, MetricOptions };

/** The neighbours of one query by exact search, nearest first. */
export interface Ranking {
  /** Row of the query. */
  readonly query: number;
  /**
   * Rows of the gallery, nearest first, equal distances by row. In self-retrieval the query itself is not among them.
   * They include every item as near as the last, and the first relevant one if the query has any.
   */
  readonly neighbours: Uint32Array;
  /** True distances, ascending, `float32[neighbours]`. Items at an equal distance are tied. */
  readonly distances: Float32Array;
}

/** Vectors of one dimension, one after the other. */
export interface Matrix {
  /** `float32[N,D]`, row by row, raw (not normalised). */
  readonly vectors: Float32Array;
  /** D. */
  readonly dimension: number;
}

/** Vectors with their ids. Rows are in the order of their ids, which is the order of equal distances. */
export interface NamedVectors extends Matrix {
  readonly ids: readonly string[];
}

/** The rows in the order of their ids. */
export const orderById = (ids: readonly string[]): number[] =>
  [...ids.keys()].sort((a, b) => ((ids[a] as string) < (ids[b] as string) ? -1 : 1));

/** The vector in a row, without a copy. */
export const rowOf = ({ vectors, dimension }: Matrix, row: number): Float32Array =>
  vectors.subarray(row * dimension, (row + 1) * dimension);

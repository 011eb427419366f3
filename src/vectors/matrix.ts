/** Vectors of one dimension, one after the other. */
export interface Matrix {
  /** `float32[N,D]`, row by row, raw (not normalised). */
  readonly vectors: Float32Array;
  /** D. */
  readonly dimension: number;
}

/** The vector in a row, without a copy. */
export const rowOf = ({ vectors, dimension }: Matrix, row: number): Float32Array =>
  vectors.subarray(row * dimension, (row + 1) * dimension);

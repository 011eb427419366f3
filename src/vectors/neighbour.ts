/** A vector that a search found. */
export interface Neighbour {
  /** Sequence number of the vector's item. */
  readonly sequence: number;
  /** True distance: L2 is not squared, cosine is 1 - cos (1 if a vector is zero). */
  readonly distance: number;
}

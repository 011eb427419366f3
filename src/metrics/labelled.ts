/** Queries or a gallery, row by row, as far as measures need it. */
export interface Labelled {
  readonly labels: readonly string[];
  /**
   * SHA-256 of each picture (of its vector, where only that is known), empty if unknown. With them, pictures in both query
   * and gallery are flagged.
   */
  readonly hashes?: readonly string[] | undefined;
}

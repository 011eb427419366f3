/** Where exact search gives way to HNSW, in numbers (vectors times dimension) that a scan would read. */
export interface ExactSearchLimits {
  /** Collections up to this are scanned and have no index. A million take some five milliseconds. */
  readonly collection: number;
  /** What a filter lets through is scanned up to this: a narrow filter makes HNSW search ever wider. */
  readonly filtered: number;
  /** What is not in the index yet is scanned beside it up to this, above it everything is. */
  readonly tail: number;
}

export const defaultExactSearchLimits: ExactSearchLimits = {
  collection: 1_000_000,
  filtered: 4_000_000,
  tail: 4_000_000,
};

/**
 * Limits above which exact search gives way to HNSW, in numbers (vectors times dimension) that a scan would read. A scan reads
 * some ten million a millisecond.
 */
export interface ExactSearchLimits {
  /**
   * Collections up to this are scanned and have no index; those under a metric that is slower to scan up to a quarter of it. Two threads
   * of an index have to be woken, which takes as long as such a scan.
   */
  readonly collection: number;
  /**
   * Items that pass a filter are scanned up to this: a narrow filter makes HNSW search ever wider. Those under a metric that is
   * slower to scan count as much more.
   */
  readonly filtered: number;
  /**
   * Items that are not in the index yet are scanned beside it up to this, up to half of all, or if the index spares a scan of more than
   * `filtered`; else all items are scanned.
   */
  readonly tail: number;
  /** Pages after the first are scanned where that reads no more numbers than this for each candidate that the index would be asked for. */
  readonly candidate: number;
}

/** The limits of a gallery that is given none. */
export const defaultExactSearchLimits: ExactSearchLimits = {
  collection: 4_000_000,
  filtered: 40_000_000,
  tail: 4_000_000,
  candidate: 80_000,
};

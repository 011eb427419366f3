/** Least time that is told apart, milliseconds. */
const least = 0.1;
/** Ratio of a bucket's end to its begin: medians are right to 5 %. */
const ratio = 1.05;
/** Weight of a new time in the moving average. */
const weight = 0.1;

/** The times that a kind of work has taken: their median since the start, and their present average. */
export class ServiceTimes {
  /** Counts by the logarithm of the time: a median over any number of them takes no more memory. */
  readonly #counts = new Map<number, number>();
  #count = 0;
  #average = 0;

  /** Number of times. */
  get count(): number {
    return this.#count;
  }

  /** Moving average, milliseconds; 0 before the first. */
  get average(): number {
    return this.#average;
  }

  /** Records that a piece of work took `ms` milliseconds. */
  record(ms: number): void {
    const bucket = Math.round(Math.log(Math.max(ms, least) / least) / Math.log(ratio));
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
    this.#average = this.#count === 0 ? ms : ms * weight + this.#average * (1 - weight);
    this.#count += 1;
  }

  /** Median of all times, milliseconds; 0 before the first. */
  median(): number {
    let left = this.#count / 2;
    for (const [bucket, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return least * ratio ** bucket;
    }
    return 0;
  }
}

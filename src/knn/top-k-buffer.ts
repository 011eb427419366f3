import { quickselect } from './quickselect.ts';

/** The candidates of some queries, by their place from 0. */
export interface CandidateLists {
  candidates(query: number): Candidates;
}

/** Candidates of one query, in no order. No other item has a score above `threshold`. */
export interface Candidates {
  readonly scores: Float32Array;
  readonly rows: Int32Array;
  readonly threshold: number;
}

/** Places per item that is kept: with more, buffers are cut back less often. */
const placesPerItem = 4;

/** Bytes per query. */
export const bufferBytes = (keep: number): number => placesPerItem * keep * 8 + 8;

/**
 * Keeps at least the `keep` items with the highest scores for each of some queries. An item enters only if it beats the
 * worst that is kept, which hardly one does after the first thousands: that costs one comparison per score, where sorting
 * each chunk costs several.
 */
export class TopKBuffer implements CandidateLists {
  readonly #keep: number;
  readonly #places: number;
  readonly #scores: Float32Array;
  readonly #rows: Int32Array;
  readonly #counts: Int32Array;
  readonly #thresholds: Float32Array;

  constructor(queries: number, keep: number) {
    this.#keep = keep;
    this.#places = placesPerItem * keep;
    this.#scores = new Float32Array(queries * this.#places);
    this.#rows = new Int32Array(queries * this.#places);
    this.#counts = new Int32Array(queries);
    this.#thresholds = new Float32Array(queries).fill(Number.NEGATIVE_INFINITY);
  }

  /** Offers a query the items from row `row` on, with the scores from `start` to `end` of `scores`. */
  offer(query: number, scores: Float32Array, start: number, end: number, row: number): void {
    const base = query * this.#places;
    let count = this.#counts[query] as number;
    let threshold = this.#thresholds[query] as number;
    for (let at = start; at < end; at += 1) {
      // Nearly always nothing: eight at once take two thirds of the time.
      if (at + 8 <= end && noneAbove(scores, at, threshold)) {
        at += 7;
        continue;
      }
      const score = scores[at] as number;
      if (!(score > threshold)) continue;
      this.#scores[base + count] = score;
      this.#rows[base + count] = row + at - start;
      count += 1;
      if (count < this.#places) continue;
      threshold = this.#cut(base);
      count = this.#keep;
    }
    this.#counts[query] = count;
    this.#thresholds[query] = threshold;
  }

  /** The candidates of a query, without a copy. */
  candidates(query: number): Candidates {
    const base = query * this.#places;
    const end = base + (this.#counts[query] as number);
    return {
      scores: this.#scores.subarray(base, end),
      rows: this.#rows.subarray(base, end),
      threshold: this.#thresholds[query] as number,
    };
  }

  /** Cuts a full buffer back to its `keep` best. Returns the worst of their scores. */
  #cut(base: number): number {
    const scores = this.#scores.subarray(base, base + this.#places);
    const rows = this.#rows.subarray(base, base + this.#places);
    const first = scores.length - this.#keep;
    const parted = scores.slice();
    const worst = quickselect(parted, first);
    // Of several items with that score as many stay as there is room for.
    let tied = 0;
    for (let at = first; at < parted.length; at += 1) if (parted[at] === worst) tied += 1;
    let to = 0;
    for (let at = 0; at < scores.length; at += 1) {
      const score = scores[at] as number;
      if (score < worst || (score === worst && tied-- <= 0)) continue;
      scores[to] = score;
      rows[to] = rows[at] as number;
      to += 1;
    }
    return worst;
  }
}

/** True if none of the eight scores from `at` on is above the threshold. */
const noneAbove = (scores: Float32Array, at: number, threshold: number): boolean =>
  !(
    (scores[at] as number) > threshold ||
    (scores[at + 1] as number) > threshold ||
    (scores[at + 2] as number) > threshold ||
    (scores[at + 3] as number) > threshold ||
    (scores[at + 4] as number) > threshold ||
    (scores[at + 5] as number) > threshold ||
    (scores[at + 6] as number) > threshold ||
    (scores[at + 7] as number) > threshold
  );

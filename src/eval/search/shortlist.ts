import { select } from './select.ts';

/** Some items for one query, in no order, none of the others with a score above `floor`. */
export interface Best {
  readonly scores: Float32Array;
  readonly rows: Int32Array;
  readonly floor: number;
}

/** Places for each item that is kept: with more, lists are cut back less often. */
const room = 4;

/** Bytes that a query takes. */
export const shortlistBytes = (keep: number): number => room * keep * 8 + 8;

/**
 * At least the `keep` best items for each of some queries. An item has to beat the worst of the kept ones to enter, which
 * after the first thousands hardly one does: one comparison a score, where a sort of each chunk costs several.
 */
export class Shortlist {
  readonly #keep: number;
  readonly #places: number;
  readonly #scores: Float32Array;
  readonly #rows: Int32Array;
  readonly #counts: Int32Array;
  readonly #floors: Float32Array;

  constructor(queries: number, keep: number) {
    [this.#keep, this.#places] = [keep, room * keep];
    this.#scores = new Float32Array(queries * this.#places);
    this.#rows = new Int32Array(queries * this.#places);
    this.#counts = new Int32Array(queries);
    this.#floors = new Float32Array(queries).fill(Number.NEGATIVE_INFINITY);
  }

  /** Offers the items from row `row` on to a query, with their scores: those from `start` to `end` of `scores`. */
  offer(query: number, scores: Float32Array, start: number, end: number, row: number): void {
    const base = query * this.#places;
    let count = this.#counts[query] as number;
    let floor = this.#floors[query] as number;
    for (let at = start; at < end; at += 1) {
      // Nearly always nothing: eight at once take two thirds of the time.
      if (at + 8 <= end && noneAbove(scores, at, floor)) {
        at += 7;
        continue;
      }
      const score = scores[at] as number;
      if (!(score > floor)) continue;
      this.#scores[base + count] = score;
      this.#rows[base + count] = row + at - start;
      count += 1;
      if (count < this.#places) continue;
      floor = this.#cut(base);
      count = this.#keep;
    }
    this.#counts[query] = count;
    this.#floors[query] = floor;
  }

  of(query: number): Best {
    const base = query * this.#places;
    const end = base + (this.#counts[query] as number);
    return {
      scores: this.#scores.subarray(base, end),
      rows: this.#rows.subarray(base, end),
      floor: this.#floors[query] as number,
    };
  }

  /** Cuts a full list back to its `keep` best, and gives the worst of their scores. */
  #cut(base: number): number {
    const scores = this.#scores.subarray(base, base + this.#places);
    const rows = this.#rows.subarray(base, base + this.#places);
    const first = scores.length - this.#keep;
    const parted = scores.slice();
    const floor = select(parted, first);
    // Of several items with that score as many stay as there is room for.
    let tied = 0;
    for (let at = first; at < parted.length; at += 1) if (parted[at] === floor) tied += 1;
    let to = 0;
    for (let at = 0; at < scores.length; at += 1) {
      const score = scores[at] as number;
      if (score < floor || (score === floor && tied-- <= 0)) continue;
      scores[to] = score;
      rows[to] = rows[at] as number;
      to += 1;
    }
    return floor;
  }
}

/** Whether none of the eight scores from `at` on is above the floor. */
const noneAbove = (scores: Float32Array, at: number, floor: number): boolean =>
  !(
    (scores[at] as number) > floor ||
    (scores[at + 1] as number) > floor ||
    (scores[at + 2] as number) > floor ||
    (scores[at + 3] as number) > floor ||
    (scores[at + 4] as number) > floor ||
    (scores[at + 5] as number) > floor ||
    (scores[at + 6] as number) > floor ||
    (scores[at + 7] as number) > floor
  );

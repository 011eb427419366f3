import type { Ranking } from '../types.ts';
import { type Kernel, products, squaredDistances } from './kernels.ts';
import { rowOf, type Space } from './space.ts';
import type { View } from './view.ts';

const bits = new Uint32Array(1);
const asFloat = new Float32Array(bits.buffer);
/** Beside the 31 bits of a distance, rows have 22. */
const rowRange = 2 ** 22;

/** Computes true distances and puts items in their order. */
export class Ranker {
  readonly #cosine: boolean;
  readonly #kernel: Kernel;
  readonly #query: Space;
  readonly #gallery: Space;
  readonly #vector: Float64Array;
  readonly #four = new Float64Array(4);

  constructor({ metric, query, gallery }: View) {
    this.#cosine = metric === 'cosine';
    this.#kernel = this.#cosine ? products : squaredDistances;
    [this.#query, this.#gallery] = [query, gallery];
    this.#vector = new Float64Array(query.set.dimension);
  }

  /**
   * Ranks some items for a query, and cuts behind place `depth` (from 1), the nearest item that `reaches` accepts, and
   * what is tied with the further of the two.
   */
  rank(
    query: number,
    rows: Uint32Array,
    depth: number,
    reaches: ((row: number) => boolean) | undefined,
  ): Ranking {
    const keys = this.#keys(query, rows).sort();
    const neighbours = new Uint32Array(keys.length);
    const distances = new Float32Array(keys.length);
    let reached = reaches === undefined;
    let end = 0;
    for (; end < keys.length; end += 1) {
      const key = keys[end] as number;
      bits[0] = key / rowRange;
      const distance = asFloat[0] as number;
      if (end >= depth && reached && distance !== distances[end - 1]) break;
      neighbours[end] = key % rowRange;
      distances[end] = distance;
      reached ||= reaches?.(neighbours[end] as number) ?? true;
    }
    return { query, neighbours: neighbours.slice(0, end), distances: distances.slice(0, end) };
  }

  /** A number for each item: in their order by distance, then row, because the bits of floats from 0 are in theirs. */
  #keys(query: number, rows: Uint32Array): Float64Array {
    this.#vector.set(rowOf(this.#query.set, query));
    const keys = new Float64Array(rows.length);
    for (let at = 0; at < rows.length; at += 4) {
      // The last four are filled up with the last row.
      const vectorOf = (i: number): Float32Array =>
        rowOf(this.#gallery.set, rows[Math.min(at + i, rows.length - 1)] as number);
      this.#kernel(this.#vector, vectorOf(0), vectorOf(1), vectorOf(2), vectorOf(3), this.#four);
      for (let i = 0; i < 4 && at + i < rows.length; i += 1) {
        const row = rows[at + i] as number;
        asFloat[0] = this.#distance(query, row, this.#four[i] as number);
        keys[at + i] = (bits[0] as number) * rowRange + row;
      }
    }
    return keys;
  }

  #distance(query: number, row: number, sum: number): number {
    if (!this.#cosine) return Math.sqrt(sum);
    // The root of the product of two equal squares is the square itself: equal vectors are at distance 0.
    const lengths = Math.sqrt(
      (this.#query.squares[query] as number) * (this.#gallery.squares[row] as number),
    );
    return Math.max(0, 1 - sum / lengths);
  }
}

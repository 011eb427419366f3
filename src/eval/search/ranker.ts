import type { Metric, Ranking } from '../types.ts';
import { product, squaredDistance } from './kernels.ts';
import { rowOf, type Space } from './space.ts';

const bits = new Uint32Array(1);
const asFloat = new Float32Array(bits.buffer);
/** Beside the 31 bits of a distance, rows have 22. */
const rowRange = 2 ** 22;

/** Computes true distances and puts items in their order. */
export class Ranker {
  readonly #metric: Metric;
  readonly #query: Space;
  readonly #gallery: Space;
  readonly #vector: Float64Array;

  constructor(metric: Metric, query: Space, gallery: Space) {
    [this.#metric, this.#query, this.#gallery] = [metric, query, gallery];
    this.#vector = new Float64Array(query.set.dimension);
  }

  /**
   * Ranks some items for a query, and cuts behind place `depth` (from 1), the nearest item that `reaches` accepts, and
   * what is tied with the further of the two.
   */
  rank(
    query: number,
    rows: readonly number[],
    depth: number,
    reaches: ((row: number) => boolean) | undefined,
  ): Ranking {
    this.#vector.set(rowOf(this.#query.set, query));
    // The bits of floats from 0 are in the order of the floats: keys sort by distance, then row, without a callback.
    const keys = Float64Array.from(rows, (row) => {
      asFloat[0] = this.#distance(query, row);
      return (bits[0] ?? 0) * rowRange + row;
    }).sort();
    const neighbours = Uint32Array.from(keys, (key) => key % rowRange);
    const distances = Float32Array.from(keys, (key) => {
      bits[0] = Math.floor(key / rowRange);
      return asFloat[0] ?? 0;
    });
    const first = reaches === undefined ? -1 : neighbours.findIndex(reaches);
    const end = endOfTie(distances, Math.max(Math.min(depth, keys.length) - 1, first));
    return { query, neighbours: neighbours.slice(0, end), distances: distances.slice(0, end) };
  }

  #distance(query: number, row: number): number {
    const vector = rowOf(this.#gallery.set, row);
    if (this.#metric === 'l2') return Math.sqrt(squaredDistance(this.#vector, vector));
    // The root of the product of two equal squares is the square itself: equal vectors are at distance 0.
    const lengths = Math.sqrt((this.#query.squares[query] ?? 0) * (this.#gallery.squares[row] ?? 0));
    return Math.max(0, 1 - product(this.#vector, vector) / lengths);
  }
}

/** The end of the run of equal distances that place `last` (from 0) lies in. */
function endOfTie(distances: Float32Array, last: number): number {
  let end = last + 1;
  while (end < distances.length && distances[end] === distances[last]) end += 1;
  return end;
}

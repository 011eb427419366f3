import { type DistanceTo, distanceFrom, rowOf } from '../../vectors/index.ts';
import type { MetricOptions, Ranking } from '../types.ts';
import { type Kernel, products, squaredDistances } from './kernels.ts';
import type { PreparedVectors } from './prepared-vectors.ts';
import type { VectorSet } from './vector-set.ts';

/** Two views of one number, to order floats by their bits. */
const bits = new Uint32Array(1);
const asFloat = new Float32Array(bits.buffer);
/** A key has 31 bits of a distance and 22 of a row. */
const rowRange = 2 ** 22;

/** Ranks items by their true distances, in float64. */
export class Ranker {
  readonly #cosine: boolean;
  /** Makes the distances of a query under a metric that has no kernel of its own here. */
  readonly #distanceFrom: ((query: number) => DistanceTo) | undefined;
  readonly #kernel: Kernel;
  readonly #query: VectorSet;
  readonly #gallery: VectorSet;
  readonly #vector: Float64Array;
  readonly #four = new Float64Array(4);

  constructor({ metric, query, gallery }: PreparedVectors, metricOptions?: MetricOptions) {
    this.#cosine = metric === 'cosine';
    this.#kernel = this.#cosine ? products : squaredDistances;
    this.#query = query;
    this.#gallery = gallery;
    this.#vector = new Float64Array(query.set.dimension);
    if (metric === 'cosine' || metric === 'l2') return;
    this.#distanceFrom = (row) => distanceFrom(rowOf(query.set, row), { metric, metricOptions });
  }

  /**
   * Ranks some items for a query. The ranking ends at place `depth` (from 1) or at the nearest item that passes
   * `mustInclude`, whichever is further, and includes all items tied with its last.
   * @param rows Rows of the gallery.
   */
  rank(
    query: number,
    rows: Uint32Array,
    depth: number,
    mustInclude: ((row: number) => boolean) | undefined,
  ): Ranking {
    const keys = this.#keys(query, rows).sort();
    const neighbours = new Uint32Array(keys.length);
    const distances = new Float32Array(keys.length);
    let included = mustInclude === undefined;
    let end = 0;
    for (; end < keys.length; end += 1) {
      const key = keys[end] as number;
      bits[0] = key / rowRange;
      const distance = asFloat[0] as number;
      if (end >= depth && included && distance !== distances[end - 1]) break;
      neighbours[end] = key % rowRange;
      distances[end] = distance;
      included ||= mustInclude?.(neighbours[end] as number) ?? true;
    }
    return { query, neighbours: neighbours.slice(0, end), distances: distances.slice(0, end) };
  }

  /** A key per item that sorts by distance, then row: the bits of floats from 0 on sort as the floats do. */
  #keys(query: number, rows: Uint32Array): Float64Array {
    const distance = this.#distanceFrom?.(query);
    if (distance !== undefined) return this.#keysOf(distance, rows);
    this.#vector.set(rowOf(this.#query.set, query));
    const keys = new Float64Array(rows.length);
    for (let at = 0; at < rows.length; at += 4) {
      // The last row fills up the last four.
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

  #keysOf(distance: DistanceTo, rows: Uint32Array): Float64Array {
    const { vectors, dimension } = this.#gallery.set;
    return Float64Array.from(rows, (row) => {
      asFloat[0] = distance(vectors, row * dimension);
      return (bits[0] as number) * rowRange + row;
    });
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

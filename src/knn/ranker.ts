import { distanceFrom, type MetricChoice, type NamedVectors, type Ranking, rowOf } from '../vectors/index.ts';

/** Two views of one number, to order floats by their bits. */
const bits = new Uint32Array(1);
const asFloat = new Float32Array(bits.buffer);
/** A key has 31 bits of a distance and 22 of a row. */
const rowRange = 2 ** 22;

/** Ranks items by their true distances: computed in float64 and rounded to float32. */
export class Ranker {
  readonly #queries: NamedVectors;
  readonly #gallery: NamedVectors;
  readonly #choice: MetricChoice;

  constructor(queries: NamedVectors, gallery: NamedVectors, choice: MetricChoice) {
    this.#queries = queries;
    this.#gallery = gallery;
    this.#choice = choice;
  }

  /**
   * Ranks some items for a query. The ranking ends at place `k` (from 1) or at the nearest item that passes
   * `mustInclude`, whichever is further, and includes all items tied with its last.
   * @param rows Rows of the gallery.
   */
  rank(
    query: number,
    rows: Uint32Array,
    k: number,
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
      if (end >= k && included && distance !== distances[end - 1]) break;
      neighbours[end] = key % rowRange;
      distances[end] = distance;
      included ||= mustInclude?.(neighbours[end] as number) ?? true;
    }
    return { query, neighbours: neighbours.slice(0, end), distances: distances.slice(0, end) };
  }

  /** A key per item that sorts by distance, then row: the bits of floats from 0 on sort as the floats do. */
  #keys(query: number, rows: Uint32Array): Float64Array {
    const { vectors, dimension } = this.#gallery;
    const distanceTo = distanceFrom(rowOf(this.#queries, query), this.#choice);
    const keys = new Float64Array(rows.length);
    for (let at = 0; at < rows.length; at += 1) {
      const row = rows[at] as number;
      asFloat[0] = distanceTo(vectors, row * dimension);
      keys[at] = (bits[0] as number) * rowRange + row;
    }
    return keys;
  }
}

import { compareTied, type SortField, type SortKey, type TiedPlace } from '../../engine/index.ts';
import type { CollectionQueries } from '../storage/collection-queries.ts';

/** The order of answers of the same distance: by the values of fields, then by id. */
export class TieOrder {
  readonly #queries: CollectionQueries;
  readonly #sort: readonly SortField[];

  constructor(queries: CollectionQueries, sort: readonly SortField[]) {
    this.#queries = queries;
    this.#sort = sort;
  }

  /** The values to order by, by sequence number. */
  keysOf(sequences: readonly number[]): ReadonlyMap<number, readonly SortKey[]> {
    return this.#sort.length === 0 ? noKeys : this.#queries.sortKeys(this.#sort, sequences);
  }

  /** Negative if `a` comes before `b`. */
  compare(a: TiedPlace, b: TiedPlace): number {
    return compareTied(this.#sort, a, b);
  }
}

const noKeys: ReadonlyMap<number, readonly SortKey[]> = new Map();

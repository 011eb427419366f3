import type { SortField } from '../../engine/index.ts';
import type { CollectionQueries, SortKey } from '../storage/collection-queries.ts';

/** A place in the order of those of the same distance. */
export interface TiedPlace {
  readonly id: string;
  /** Empty where no order was asked for. */
  readonly keys?: readonly SortKey[];
}

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
    for (const [i, { order }] of this.#sort.entries()) {
      const result = compareKeys(a.keys?.[i] ?? null, b.keys?.[i] ?? null, order === 'desc' ? -1 : 1);
      if (result !== 0) return result;
    }
    return compareSame(a.id, b.id);
  }
}

const noKeys: ReadonlyMap<number, readonly SortKey[]> = new Map();

/** A missing value comes last in either direction. Values of several types have the order of the types' names. */
function compareKeys(a: SortKey, b: SortKey, direction: 1 | -1): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a !== typeof b) return compareSame(typeof a, typeof b);
  return direction * compareSame(a, b);
}

function compareSame(a: string | number | boolean, b: string | number | boolean): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

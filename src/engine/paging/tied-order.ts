import { type FilterField, type NamedParts, valueIn } from '../filters/filter-field.ts';
import type { SortField } from '../search-types.ts';

/** UTF-16 code units of a text that order it. */
const maxSortText = 128;

/** A value that items are sorted by; null for those that have none. */
export type SortKey = null | boolean | number | string;

/** A place in the order of those of the same distance. */
export interface TiedPlace {
  readonly id: string;
  /** The values of the fields; empty where no order was asked for. */
  readonly keys?: readonly SortKey[];
}

/** Returns the values that order an item. Of a text only the beginning does: cursors carry the values of their place. */
export const sortKeysOf = (item: NamedParts, fields: readonly FilterField[]): SortKey[] =>
  fields.map((field) => {
    const value = valueIn(item, field);
    if (typeof value === 'string') return value.slice(0, maxSortText);
    return typeof value === 'number' || typeof value === 'boolean' ? value : null;
  });

/** Returns the order of answers of the same distance, by the values of fields, then by id: negative if `a` comes before `b`. */
export function compareTied(sort: readonly SortField[], a: TiedPlace, b: TiedPlace): number {
  for (const [i, { order }] of sort.entries()) {
    const result = compareKeys(a.keys?.[i] ?? null, b.keys?.[i] ?? null, order === 'desc' ? -1 : 1);
    if (result !== 0) return result;
  }
  return compareSame(a.id, b.id);
}

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

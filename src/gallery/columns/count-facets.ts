import type { Facet, FacetField, FacetValue } from '../../engine/facet-types.ts';
import { boundsFor, rangesBetween } from '../../engine/index.ts';
import type { Column } from './column.ts';
import type { CountedRows } from './counted-rows.ts';
import type { Dictionary } from './dictionary.ts';
import { codes } from './values.ts';

/** Counts the values of one field. */
export function countFacet(
  { field, limit = 10, ranges }: FacetField,
  column: Column,
  counted: CountedRows,
): Facet {
  const { dictionary } = column;
  if (ranges === undefined) {
    const { counts, missing } = countSlots(column, counted, slotsOfValues(dictionary), dictionary.size);
    return { field, ...mostFrequent(dictionary, counts, limit), missing };
  }
  const bounds =
    typeof ranges === 'number' ? boundsFor(extentOf(column, counted), ranges) : openBounds(ranges);
  const slots = slotsOfRanges(dictionary, bounds);
  const { counts, missing } = countSlots(column, counted, slots, bounds.length + 1, false);
  const found = rangesBetween(bounds).map((range, i) => ({ ...range, count: counts[i + 1] as number }));
  return { field, values: [], others: 0, ranges: found, missing };
}

const openBounds = (bounds: readonly number[]): number[] => [
  Number.NEGATIVE_INFINITY,
  ...bounds,
  Number.POSITIVE_INFINITY,
];

/** Each value by itself; 0 for what is none. */
function slotsOfValues(dictionary: Dictionary): Uint32Array {
  const slots = new Uint32Array(dictionary.size);
  for (let code: number = codes.false; code < slots.length; code += 1) slots[code] = code;
  return slots;
}

/** The number of the range of each number, from 1 on; 0 for what is in none. */
function slotsOfRanges(dictionary: Dictionary, bounds: readonly number[]): Uint32Array {
  const slots = new Uint32Array(dictionary.size);
  for (let code: number = codes.first; code < slots.length; code += 1) {
    const value = dictionary.numberAt(code);
    let slot = 0;
    let above = bounds.length;
    while (slot < above) {
      const middle = (slot + above) >>> 1;
      if (value >= (bounds[middle] as number)) slot = middle + 1;
      else above = middle;
    }
    slots[code] = slot < bounds.length ? slot : 0;
  }
  return slots;
}

/** The counts by slot, and how many rows, or products, are in none. */
interface Counts {
  readonly counts: Uint32Array;
  readonly missing: number;
}

/** Counts rows, or products, by slot; and those that are in none. */
function countSlots(
  column: Column,
  counted: CountedRows,
  slots: Uint32Array,
  size: number,
  withLists = true,
): Counts {
  const { rows, products, total, end } = counted;
  const codesOfRows = column.plainCodes(end);
  if (codesOfRows === undefined) return countListed(column, counted, slots, size, withLists);
  const counts = new Uint32Array(size);
  const slotOf = (i: number): number => slots[codesOfRows[rows[i] as number] as number] as number;
  if (products === undefined) {
    for (let i = 0; i < rows.length; i += 1) {
      const slot = slotOf(i);
      counts[slot] = (counts[slot] as number) + 1;
    }
    const missing = counts[0] as number;
    counts[0] = 0;
    return { counts, missing };
  }
  const last = new Uint32Array(size);
  let have = 0;
  let lastWith = 0;
  for (let i = 0; i < rows.length; i += 1) {
    const slot = slotOf(i);
    if (slot === 0) continue;
    const product = products[i] as number;
    // Without branches, which would be foreseen wrongly as often as not.
    have += Number(product !== lastWith);
    lastWith = product;
    counts[slot] = (counts[slot] as number) + Number(product !== last[slot]);
    last[slot] = product;
  }
  return { counts, missing: total - have };
}

/** Counts as `countSlots` where values may be lists, each of whose elements counts. */
function countListed(
  column: Column,
  { rows, products, total }: CountedRows,
  slots: Uint32Array,
  size: number,
  withLists: boolean,
): Counts {
  const counts = new Uint32Array(size);
  /** By slot, the last product, or row, that was counted there. */
  const last = new Uint32Array(size);
  let one = 0;
  let have = 0;
  let lastWith = 0;
  const count = (code: number): void => {
    const slot = slots[code] as number;
    if (slot === 0) return;
    if (lastWith !== one) have += 1;
    lastWith = one;
    if (last[slot] === one) return;
    last[slot] = one;
    counts[slot] = (counts[slot] as number) + 1;
  };
  for (let i = 0; i < rows.length; i += 1) {
    one = products === undefined ? i + 1 : (products[i] as number);
    const row = rows[i] as number;
    const code = column.codeAt(row);
    if (code !== undefined) count(code);
    else if (withLists) column.visit(row, count);
  }
  return { counts, missing: total - have };
}

/** The smallest and the largest number of the rows; undefined if there is none. */
function extentOf(
  column: Column,
  { rows, end }: CountedRows,
): readonly [smallest: number, largest: number] | undefined {
  const { dictionary } = column;
  const codesOf = column.plainCodes(end);
  const isThere = new Uint8Array(dictionary.size);
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as number;
    isThere[(codesOf === undefined ? column.codeAt(row) : codesOf[row]) ?? codes.missing] = 1;
  }
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (let code: number = codes.first; code < isThere.length; code += 1) {
    if (isThere[code] === 0) continue;
    const value = dictionary.numberAt(code);
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  }
  return smallest > largest ? undefined : [smallest, largest];
}

/** The values that are counted most, equal counts by rising value, and how many others there are. */
function mostFrequent(
  dictionary: Dictionary,
  counts: Uint32Array,
  limit: number,
): { readonly values: FacetValue[]; readonly others: number } {
  const best: number[] = [];
  const isBefore = (a: number, b: number): boolean => {
    const difference = (counts[a] as number) - (counts[b] as number);
    return difference === 0 ? dictionary.compare(a, b) < 0 : difference > 0;
  };
  let different = 0;
  for (let code = 0; code < counts.length; code += 1) different += Number(counts[code] !== 0);
  for (let code = 0; code < counts.length; code += 1) {
    if (best.length === limit) {
      code = nextBefore(dictionary, best[limit - 1] as number, code, counts);
      if (code === counts.length) break;
      best.pop();
    } else if (counts[code] === 0 || !dictionary.hasValue(code)) continue;
    best.splice(placeOf(code, best, isBefore), 0, code);
  }
  const values = best.map((code) => ({
    value: dictionary.valueAt(code) as FacetValue['value'],
    count: counts[code] as number,
  }));
  return { values, others: different - values.length };
}

/**
 * Finds the first code, from `code` on, of a value that is counted more often than that of `bound`, or as often and comes before it;
 * the number of counts if there is none.
 */
function nextBefore(dictionary: Dictionary, bound: number, code: number, counts: Uint32Array): number {
  const least = counts[bound] as number;
  let next = code;
  for (; next < counts.length; next += 1) {
    const count = counts[next] as number;
    // Most are told by this.
    if (count < least || (count === least && dictionary.isSurelyAfter(next, bound))) continue;
    if (dictionary.hasValue(next) && (count > least || dictionary.compare(next, bound) < 0)) break;
  }
  return next;
}

/** The place where a code belongs in a sorted list. */
function placeOf(
  code: number,
  sorted: readonly number[],
  isBefore: (a: number, b: number) => boolean,
): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(code, sorted[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}

import type { Facet, FacetField, FacetValue } from '../../engine/facet-types.ts';
import { boundsFor, rangesBetween } from '../../engine/index.ts';
import type { Bitmap } from '../memory/bitmap.ts';
import type { Column } from './column.ts';
import type { Dictionary } from './dictionary.ts';
import { codes } from './values.ts';

/** The rows that are counted. */
export class CountedRows {
  /** The rows, those of a product side by side. */
  readonly rows: Uint32Array;
  /** For each of the rows the number of its product, from 1 on; undefined where every row counts. */
  readonly products: Uint32Array | undefined;
  /** Items, or products. */
  readonly total: number;

  /** @param product the column of product ids, to count each product once. Default: every row counts */
  constructor(rows: Bitmap, product?: Column) {
    const found = rows.toArray();
    const products = product && (numberProducts(found, product) ?? sortByProduct(found, product));
    this.rows = found;
    this.total = products?.at(-1) ?? found.length;
    this.products = this.total === found.length ? undefined : products;
  }
}

/** Numbers the products of rows that have those of each product side by side, as catalogues are often written; undefined for others. */
function numberProducts(rows: Uint32Array, product: Column): Uint32Array | undefined {
  const isThere = new Uint8Array(product.dictionary.size);
  const numbers = new Uint32Array(rows.length);
  let last = -1;
  let number = 0;
  for (let i = 0; i < rows.length; i += 1) {
    const code = product.codeAt(rows[i] as number) ?? codes.missing;
    if (code !== last) {
      if (isThere[code] === 1) return undefined;
      isThere[code] = 1;
      last = code;
      number += 1;
    }
    numbers[i] = number;
  }
  return numbers;
}

/** Sorts rows by product, in their place, and returns the number of the product of each. */
function sortByProduct(rows: Uint32Array, product: Column): Uint32Array {
  const starts = new Uint32Array(product.dictionary.size + 1);
  const found = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i += 1) {
    const code = product.codeAt(rows[i] as number) ?? codes.missing;
    found[i] = code;
    starts[code + 1] = (starts[code + 1] as number) + 1;
  }
  for (let code = 1; code < starts.length; code += 1)
    starts[code] = (starts[code] as number) + (starts[code - 1] as number);
  const before = rows.slice();
  const sorted = new Uint32Array(rows.length);
  for (let i = 0; i < before.length; i += 1) {
    const code = found[i] as number;
    const place = starts[code] as number;
    starts[code] = place + 1;
    rows[place] = before[i] as number;
    sorted[place] = code;
  }
  const numbers = new Uint32Array(rows.length);
  for (let i = 0, number = 0; i < numbers.length; i += 1) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) number += 1;
    numbers[i] = number;
  }
  return numbers;
}

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

/** Counts rows, or products, by slot; and those that are in none. */
function countSlots(
  column: Column,
  { rows, products, total }: CountedRows,
  slots: Uint32Array,
  size: number,
  withLists = true,
): { readonly counts: Uint32Array; readonly missing: number } {
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
  { rows }: CountedRows,
): readonly [smallest: number, largest: number] | undefined {
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const value = column.dictionary.numberAt(column.codeAt(row) ?? codes.missing);
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
  /** Of the last of a full list: its count, and its number if it is one. Most of what comes behind it is told by these. */
  let least = 0;
  let number = Number.NaN;
  for (let code = 0; code < counts.length; code += 1) {
    const count = counts[code] as number;
    if (count === 0) continue;
    different += 1;
    if (count < least || (count === least && dictionary.numberAt(code) > number)) continue;
    const last = best.at(-1);
    if (!dictionary.hasValue(code) || (best.length === limit && !isBefore(code, last as number))) continue;
    if (best.length === limit) best.pop();
    best.splice(placeOf(code, best, isBefore), 0, code);
    if (best.length < limit) continue;
    least = counts[best[limit - 1] as number] as number;
    number = dictionary.numberAt(best[limit - 1] as number);
  }
  const values = best.map((code) => ({
    value: dictionary.valueAt(code) as FacetValue['value'],
    count: counts[code] as number,
  }));
  return { values, others: different - values.length };
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

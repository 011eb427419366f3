import type { CompiledFilter, Condition, Test } from '../../engine/index.ts';
import { type Bound, invalid } from '../../engine/index.ts';
import { shown } from '../../json/index.ts';
import { Bitmap } from '../memory/bitmap.ts';
import type { Column, Marks } from './column.ts';
import type { Dictionary } from './dictionary.ts';
import { codes } from './values.ts';

/** Rows that conditions look at before other work is let in: some milliseconds. */
const rowsPerSlice = 4_000_000;

/**
 * Finds the rows that a filter lets through.
 * @param columns those of its fields, by name
 * @param living the rows that may be found
 * @throws SnapshelfError `filter-invalid` for an order that texts of many digits would have to be in.
 */
export function* matchingRows(
  { condition, ordered }: CompiledFilter,
  columns: ReadonlyMap<string, Column>,
  living: Bitmap,
): Generator<void, Bitmap> {
  for (const field of ordered) checkOrder(field, columnOf(columns, field), living);
  let looked = 0;
  function* rowsOf(part: Condition): Generator<void, Bitmap> {
    if ('not' in part) return (yield* rowsOf(part.not)).invert();
    if ('field' in part) {
      looked += living.length;
      if (looked > rowsPerSlice) {
        looked = 0;
        yield;
      }
      const column = columnOf(columns, part.field);
      return column.rowsWhere(marksOf(part.test, column.dictionary), living.length);
    }
    if ('all' in part) {
      const [first, ...others] = part.all;
      if (first === undefined) return Bitmap.full(living.length);
      const rows = yield* rowsOf(first);
      for (const one of others) rows.and(yield* rowsOf(one));
      return rows;
    }
    const rows = new Bitmap(living.length);
    for (const one of part.any) rows.or(yield* rowsOf(one));
    return rows;
  }
  return (yield* rowsOf(condition)).and(living);
}

function columnOf(columns: ReadonlyMap<string, Column>, field: string): Column {
  const column = columns.get(field);
  if (column === undefined) throw new Error(`The field ${shown(field)} has no column.`);
  return column;
}

/** Marks the values for which a test holds. */
function marksOf(test: Test, dictionary: Dictionary): Marks {
  const marks = new Uint8Array(dictionary.size);
  if ('exists' in test) {
    marks.fill(test.exists ? 1 : 0);
    marks[codes.missing] = test.exists ? 0 : 1;
    return { values: marks, elements: test.exists };
  }
  if ('values' in test) {
    for (const value of test.values) {
      const code = dictionary.find(value);
      if (code !== undefined) marks[code] = 1;
    }
    return { values: marks, elements: marks };
  }
  if ('prefixes' in test) {
    for (const prefix of test.prefixes) dictionary.markPrefixed(marks, prefix);
    return { values: marks, elements: marks };
  }
  // Ranges are of values: a list has no place in their order.
  return { values: marksOfRange(test.range, dictionary), elements: false };
}

/** Marks the values within all bounds. Bounds of both types let nothing through: a value is of one. */
function marksOfRange(range: Range, dictionary: Dictionary): Uint8Array {
  const marks = new Uint8Array(dictionary.size);
  const ends = range.map(([bound, value]) => ({ bound, value, open: bound === 'gt' || bound === 'lt' }));
  const lows = ends.filter(({ bound }) => bound === 'gt' || bound === 'gte');
  const highs = ends.filter(({ bound }) => bound === 'lt' || bound === 'lte');
  const [first, ...others] = Array.from({ length: Math.max(lows.length, highs.length) }, (_, i) => ({
    low: lows[i],
    high: highs[i],
  }));
  if (first !== undefined) dictionary.markWithin(marks, first);
  for (const interval of others) {
    const within = new Uint8Array(dictionary.size);
    dictionary.markWithin(within, interval);
    for (let code = 0; code < marks.length; code += 1)
      marks[code] = (marks[code] as number) & (within[code] as number);
  }
  return marks;
}

type Range = readonly (readonly [bound: Bound, value: number | string])[];

/**
 * Long whole numbers are kept as texts: a number would be compared with none of them, and a text that is a number digit by
 * digit, "5" behind "12345678901234567".
 */
function checkOrder(field: string, column: Column, living: Bitmap): void {
  const { longNumbers, size } = column.dictionary;
  if (longNumbers.length === 0) return;
  const values = new Uint8Array(size);
  for (const code of longNumbers) values[code] = 1;
  if (column.rowsWhere({ values, elements: false }, living.length).countWithin(living) === 0) return;
  throw invalid(
    `The field ${shown(field)} cannot be compared by gte, gt, lte or lt: it holds whole numbers of more than 15 digits, which are kept as texts and not ordered as numbers. Use "equals" or "in".`,
  );
}

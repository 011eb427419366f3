import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bitmap } from '../../../src/gallery/memory/bitmap.ts';

/** A length, and two sets of rows below it. */
const twoSets = fc
  .integer({ min: 0, max: 130 })
  .chain((length) =>
    fc.tuple(
      fc.constant(length),
      fc.uniqueArray(fc.nat(Math.max(0, length - 1)), { maxLength: length }),
      fc.uniqueArray(fc.nat(Math.max(0, length - 1)), { maxLength: length }),
    ),
  );

const rowsOf = (bitmap: Bitmap): number[] => [...bitmap.rows()];
const rising = (rows: Iterable<number>): number[] => [...rows].sort((a, b) => a - b);

test('a bitmap does what a set of numbers does', () => {
  fc.assert(
    fc.property(twoSets, ([length, first, second]) => {
      const a = Bitmap.of(length, first);
      const b = Bitmap.of(length, second);
      const within = first.filter((row) => second.includes(row));
      const all = Array.from({ length }, (_, row) => row);
      deepEqual(rowsOf(a), rising(first));
      equal(a.count(), first.length);
      equal(a.countWithin(b), within.length);
      deepEqual(rowsOf(a.clone().and(b)), rising(within));
      deepEqual(rowsOf(a.clone().or(b)), rising(new Set([...first, ...second])));
      deepEqual(rowsOf(a.clone().andNot(b)), rising(first.filter((row) => !second.includes(row))));
      deepEqual(
        rowsOf(a.clone().invert()),
        all.filter((row) => !first.includes(row)),
      );
      equal(Bitmap.full(length).count(), length);
      equal(a.words.length, Math.ceil(length / 32));
      deepEqual(
        all.filter((row) => a.has(row)),
        rising(first),
      );
      for (const row of first) a.delete(row);
      equal(a.count(), 0);
    }),
  );
});

test('a bitmap that grows keeps its rows, and has none of the new ones', () => {
  fc.assert(
    fc.property(twoSets, fc.nat(200), ([length, rows], more) => {
      const bitmap = Bitmap.of(length, rows);
      bitmap.grow(length + more);
      deepEqual(rowsOf(bitmap), rising(rows));
      equal(bitmap.has(length + more), false);
      equal(bitmap.invert().count(), length + more - rows.length);
    }),
  );
});

test('rows beyond the length and bitmaps of another length are refused', () => {
  const bitmap = new Bitmap(32);
  equal(bitmap.has(32), false);
  throws(() => bitmap.add(32), /^RangeError: row must be a whole number from 0 to 31, not 32\.$/);
  throws(() => bitmap.delete(-1), /^RangeError: row must/);
  throws(() => bitmap.and(new Bitmap(33)), /^RangeError: other must have the length 32, not 33\.$/);
  throws(() => bitmap.countWithin(new Bitmap(31)), /^RangeError: other must have the length 32, not 31\.$/);
  throws(() => bitmap.grow(31), /^RangeError: length must/);
  throws(() => new Bitmap(1.5), /^RangeError: length must/);
});

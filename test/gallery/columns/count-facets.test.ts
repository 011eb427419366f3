import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { boundsFor } from '../../../src/engine/filters/facet-ranges.ts';
import type { Facet, FacetField, Json } from '../../../src/engine/index.ts';
import { Column } from '../../../src/gallery/columns/column.ts';
import { countFacet } from '../../../src/gallery/columns/count-facets.ts';
import { CountedRows } from '../../../src/gallery/columns/counted-rows.ts';
import { Bitmap } from '../../../src/gallery/memory/bitmap.ts';

interface One {
  readonly product: string;
  readonly value: Json | undefined;
}

const isCounted = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

/** The counts by a table of who has what. */
function naive(ones: readonly One[], { field, limit = 10, ranges }: FacetField, byProduct: boolean): Facet {
  const who = new Map<unknown, Set<unknown>>();
  const everybody = new Set<unknown>();
  const having = new Set<unknown>();
  const bounds = [Number.NEGATIVE_INFINITY, ...((ranges ?? []) as number[]), Number.POSITIVE_INFINITY];
  for (const [i, { product, value }] of ones.entries()) {
    const one = byProduct ? product : i;
    everybody.add(one);
    const listed = ranges === undefined ? [value].flat() : [value].filter((v) => typeof v === 'number');
    for (const counted of listed.filter(isCounted)) {
      having.add(one);
      const key = ranges === undefined ? counted : bounds.findLastIndex((bound) => bound <= Number(counted));
      who.set(key, (who.get(key) ?? new Set()).add(one));
    }
  }
  const missing = everybody.size - having.size;
  if (ranges !== undefined)
    return {
      field,
      values: [],
      others: 0,
      ranges: bounds.slice(1).map((to, i) => ({
        from: Number.isFinite(bounds[i]) ? Number(bounds[i]) : null,
        to: Number.isFinite(to) ? to : null,
        count: who.get(i)?.size ?? 0,
      })),
      missing,
    };
  const kinds = ['boolean', 'number', 'string'];
  const order = (a: unknown, b: unknown): number =>
    kinds.indexOf(typeof a) - kinds.indexOf(typeof b) ||
    (typeof a === 'string' ? Buffer.compare(Buffer.from(a), Buffer.from(String(b))) : Number(a) - Number(b));
  const all = [...who].sort(([a, x], [b, y]) => y.size - x.size || order(a, b));
  const values = all.slice(0, limit).map(([value, { size }]) => ({ value: value as string, count: size }));
  return { field, values, others: all.length - values.length, missing };
}

const scalar = fc.oneof(
  fc.constantFrom<Json>(null, true, false, '', 'a', 'abcdef', 'abcdefg', '1', '😀', '\uffff', 2.5, -0.5),
  fc.integer({ min: -3, max: 12 }),
);
const value = fc.oneof(
  { weight: 4, arbitrary: scalar as fc.Arbitrary<Json | undefined> },
  fc.array(scalar, { maxLength: 3 }),
  fc.constantFrom<Json | undefined>(undefined, { a: 1 }),
);
const ones = fc.array(fc.record({ product: fc.constantFrom('p', 'q', 'r', 's'), value }), { maxLength: 80 });
/** Those whose counting needs no look for lists. */
const onesWithoutLists = ones.map((all) =>
  all.map((one) => (Array.isArray(one.value) ? { ...one, value: undefined } : one)),
);
const field: fc.Arbitrary<FacetField> = fc.oneof(
  fc.record({ field: fc.constant('f'), limit: fc.integer({ min: 1, max: 5 }) }),
  fc.record({
    field: fc.constant('f'),
    ranges: fc
      .uniqueArray(fc.integer({ min: -4, max: 13 }), { minLength: 1, maxLength: 4 })
      .map((all) => all.sort((a, b) => a - b)),
  }),
);

test('counts are those of a plain table, of items and of products', () => {
  fc.assert(
    fc.property(
      fc.oneof(ones, onesWithoutLists),
      field,
      fc.boolean(),
      fc.infiniteStream(fc.boolean()),
      (all, asked, byProduct, coins) => {
        const column = new Column();
        const product = new Column();
        for (const [row, one] of all.entries()) {
          column.set(row, one.value);
          product.set(row, one.product);
        }
        const taken = all.map(() => coins.next().value === true);
        const rows = Bitmap.of(
          all.length,
          [...all.keys()].filter((row) => taken[row]),
        );
        const counted = new CountedRows(rows, byProduct ? product : undefined);
        const some = all.filter((_, row) => taken[row]);
        assert.deepEqual(countFacet(asked, column, counted), naive(some, asked, byProduct));
        assert.equal(counted.total, byProduct ? new Set(some.map((one) => one.product)).size : some.length);
      },
    ),
    { numRuns: 500, seed: 3 },
  );
});

test('ranges that are made hold every number, and are no more than asked for', () => {
  assert.deepEqual(boundsFor([3, 97], 5), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(boundsFor([0.03, 0.29], 3), [0, 0.1, 0.2, 0.3]);
  assert.deepEqual(boundsFor([100, 100], 4), [100, 101]);
  assert.deepEqual(boundsFor(undefined, 4), []);
  assert.deepEqual(boundsFor([-5, 5], 1), [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(number, number, fc.integer({ min: 1, max: 100 }), (a, b, count) => {
      const bounds = boundsFor([Math.min(a, b), Math.max(a, b)], count);
      assert.ok(bounds.length >= 2 && bounds.length <= count + 1);
      assert.ok(bounds.every((bound, i) => i === 0 || bound > Number(bounds[i - 1])));
      assert.ok(Number(bounds[0]) <= Math.min(a, b) && Number(bounds.at(-1)) > Math.max(a, b));
    }),
    { numRuns: 2000, seed: 5 },
  );
});

test('a text that is too long to be named is one of the others', () => {
  const column = new Column();
  column.set(0, 'x'.repeat(5000));
  column.set(1, 'a');
  const counted = new CountedRows(Bitmap.full(2));
  const facet = { field: 'f', values: [{ value: 'a', count: 1 }], others: 1, missing: 0 };
  assert.deepEqual(countFacet({ field: 'f' }, column, counted), facet);
});

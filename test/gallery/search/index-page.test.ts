import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { Bitmap } from '../../../src/gallery/memory/bitmap.ts';
import { type IndexSearch, pageFromIndex } from '../../../src/gallery/search/index-page.ts';
import { distanceFrom, type Neighbour } from '../../../src/vectors/index.ts';
import { normals } from '../ann/vectors.ts';
import { finish, storeOf } from '../memory/store.ts';

const dimension = 1024;
const metric = 'cosine';
const count = 2400;

const next = normals(7);
const vectors = Array.from({ length: count }, () => Float32Array.from({ length: dimension }, next));
const store = storeOf(dimension, vectors, { metric });
finish(store.memory.fill());
const { table } = store.rows;

/** A search whose index holds the rows before `indexed`, and finds the nearest of them. */
function searchOf(
  vector: Float32Array,
  indexed: number,
  k: number,
  allow?: Bitmap,
  crowd?: ReadonlySet<number>,
  filtered = 1e9,
): IndexSearch {
  const distance = distanceFrom(vector, { metric });
  const all = vectors
    .map((own, row): Neighbour => ({ sequence: table.sequenceAt(row), distance: distance(own, 0) }))
    .slice(0, indexed)
    .filter(({ sequence }) => allow?.has(table.rowOf(sequence) ?? -1) ?? true)
    .sort((a, b) => a.distance - b.distance);
  const identity = (sequence: number) => ({
    sequence,
    id: `${sequence}`,
    productId: crowd?.has(sequence) ? 'crowd' : `${sequence}`,
  });
  const wanted = {
    queries: { identities: (sequences: readonly number[]) => sequences.map(identity) },
    k,
    byProduct: crowd !== undefined,
    exclude: new Set<string>(),
    excludeProducts: new Set<string>(),
    order: { keysOf: () => new Map(), compare: () => 0 },
    shown: [],
    isNearEnough: () => true,
  };
  const built = { index: { size: indexed }, upTo: table.sequenceAt(indexed - 1) };
  const indexManager = {
    searchable: built,
    *nearest(_: unknown, __: unknown, n: number): Generator<void, number[]> {
      yield;
      return all.slice(0, n).map(({ sequence }) => sequence);
    },
  };
  const limits = { collection: 0, filtered, tail: 0, candidate: 0 };
  const total = allow?.count() ?? count;
  const query = { vector, choice: { metric } };
  return { indexManager, vectors: store.memory, limits, query, allow, total, items: count, wanted } as never;
}

/** The rows of a page, and of all that must be on it. */
function pages(
  indexed: number,
  k: number,
  allow?: Bitmap,
  filtered?: number,
): [found: number[] | undefined, wanted: number[]] {
  const vector = Float32Array.from({ length: dimension }, next);
  const found = finish(pageFromIndex(searchOf(vector, indexed, k, allow, undefined, filtered)));
  const distance = distanceFrom(vector, { metric });
  const order = vectors
    .map((own, row) => ({ row, far: distance(own, 0) }))
    .filter(({ row }) => allow?.has(row) ?? true)
    .sort((a, b) => a.far - b.far);
  return [
    found?.page.found.map(({ sequence }) => table.rowOf(sequence) ?? -1),
    order.slice(0, k).map(({ row }) => row),
  ];
}

test('what the index does not hold yet is found beside it, be it little or much', () => {
  for (const indexed of [count, count - 40, 1300])
    for (let i = 0; i < 8; i++) {
      const [found, wanted] = pages(indexed, 1 + i);
      deepEqual(found, wanted, `${indexed} of ${count} are in the index`);
    }
  const even = Bitmap.of(
    count,
    Array.from({ length: count / 2 }, (_, i) => 2 * i),
  );
  const [found, wanted] = pages(1300, 7, even);
  deepEqual(found, wanted);
});

test('an index that has less than half is asked where it spares a long scan, and the rest is found beside it', () => {
  equal(pages(1000, 5)[0], undefined);
  const spared = 1000 * dimension;
  equal(pages(1000, 5, undefined, spared)[0], undefined);
  for (let i = 0; i < 4; i++) {
    const [found, wanted] = pages(1000, 5, undefined, spared - 1);
    deepEqual(found, wanted);
  }
});

test('where a filter keeps out what is near, the index is not relied on', () => {
  const vector = Float32Array.from({ length: dimension }, next);
  const distance = distanceFrom(vector, { metric });
  const far = vectors.map((own) => distance(own, 0));
  const byDistance = Array.from(far.keys()).sort((a, b) => (far[a] as number) - (far[b] as number));
  // An index knows nothing of the filter.
  const { indexManager: whole } = searchOf(vector, count, 5);
  const search = (rows: readonly number[], indexManager = whole) => {
    const allow = Bitmap.of(count, rows);
    return finish(pageFromIndex({ ...searchOf(vector, count, 5, allow), indexManager }));
  };
  // Two shards, the second of which has all that is near: its list comes behind that of the first.
  const sharded = {
    ...whole,
    *nearest(_: unknown, __: unknown, n: number): Generator<void, number[]> {
      yield;
      const rows = [...byDistance.slice(240, 240 + n), ...byDistance.slice(0, n)];
      return rows.map((row) => table.sequenceAt(row));
    },
  };
  const farther = byDistance.slice(240);
  equal(search(farther), undefined, 'nine of ten pass, but none of the nearest');
  equal(search(farther, sharded as never), undefined, 'and these are the last of the list');
  const [most, half] = [byDistance.filter((_, at) => at % 10 > 0), byDistance.filter((_, at) => at % 2 > 0)];
  for (const rows of [most, half])
    deepEqual(
      search(rows)?.page.found.map(({ sequence }) => table.rowOf(sequence)),
      rows.slice(0, 5),
    );
});

test('behind a product that fills what is known outside of the index, nothing of the index comes too early', () => {
  const indexed = 1300;
  const vector = Float32Array.from({ length: dimension }, next);
  const distance = distanceFrom(vector, { metric });
  const far = vectors.map((own) => distance(own, 0));
  const byDistance = Array.from(far.keys()).sort((a, b) => (far[a] as number) - (far[b] as number));
  const outside = byDistance.filter((row) => row >= indexed);
  const crowd = new Set(outside.slice(0, 100).map((row) => table.sequenceAt(row)));
  const inside = byDistance.filter(
    (row) => row < indexed && (far[row] as number) > (far[outside[150] as number] as number),
  );
  const allow = Bitmap.of(count, [...outside, ...inside]);
  const found = finish(pageFromIndex(searchOf(vector, indexed, 2, allow, crowd)));
  deepEqual(
    found?.page.found.map(({ sequence }) => table.rowOf(sequence)),
    [outside[0], outside[100]],
  );
});

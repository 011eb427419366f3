import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bitmap } from '../../../src/gallery/memory/bitmap.ts';
import { type ExactQuery, exactScan } from '../../../src/gallery/memory/exact-scan.ts';
import { precisions } from '../../../src/gallery/memory/precision.ts';
import { distanceFrom, type Metric, type Neighbour } from '../../../src/vectors/index.ts';
import { normals } from '../ann/vectors.ts';
import { finish, type Store, storeOf } from './store.ts';

const dimensions = [1, 2, 3, 15, 16, 17, 48, 100];
const kinds = [
  'random',
  'clustered',
  'copies',
  'sparse',
  'any size',
  'tiny',
  'huge',
  'one direction',
] as const;
type Kind = (typeof kinds)[number];

/** Vectors of every kind that can be hard: a few of each set are zero vectors. */
function vectorsOf(kind: Kind, count: number, dimension: number, seed: number): Float32Array[] {
  const next = normals(seed);
  const make = (): Float32Array => Float32Array.from({ length: dimension }, next);
  const centres = Array.from({ length: 3 }, make);
  const scales: Partial<Record<Kind, () => number>> = {
    'any size': () => 2 ** Math.round(20 * next()),
    tiny: () => 2 ** -140,
    huge: () => 2 ** 124,
  };
  return Array.from({ length: count }, (_, i) => {
    if (i % 17 === 16) return new Float32Array(dimension);
    const centre = centres[i % 3] as Float32Array;
    if (kind === 'clustered') return centre.map((value) => value + 0.05 * next());
    if (kind === 'copies') return centre.slice();
    if (kind === 'sparse') return make().map((value) => (value > 1.3 ? value : 0));
    if (kind === 'one direction') return centre.map((value) => value * 2 ** (i % 5));
    const scale = scales[kind]?.() ?? 1;
    return make().map((value) => value * scale);
  });
}

const bruteForce = (store: Store, { vector, choice, n, allow, from = 0 }: ExactQuery): Neighbour[] => {
  const distance = distanceFrom(vector, choice);
  return [...store.living()]
    .filter(([row]) => allow?.has(row) ?? true)
    .map(([row, given]) => ({
      sequence: store.rows.table.sequenceAt(row),
      distance: distance(given, 0),
    }))
    .filter((found) => found.distance >= from)
    .sort((a, b) => a.distance - b.distance || a.sequence - b.sequence)
    .slice(0, n);
};

const cases = fc.record({
  seed: fc.nat(),
  kind: fc.constantFrom(...kinds),
  metric: fc.constantFrom<Metric>('cosine', 'l2'),
  dimension: fc.constantFrom(...dimensions),
  count: fc.integer({ min: 0, max: 260 }),
  n: fc.integer({ min: 1, max: 12 }),
  /** How many of 16 rows are allowed; all without a filter. */
  allowed: fc.option(fc.integer({ min: 0, max: 16 }), { nil: undefined }),
  /** How many of 16 rows were deleted. */
  deleted: fc.integer({ min: 0, max: 8 }),
  compacted: fc.boolean(),
  precision: fc.constantFrom(...precisions),
  own: fc.boolean(),
  later: fc.boolean(),
});

test('a scan finds exactly what brute force in float64 finds, to the last tie', () => {
  fc.assert(
    fc.property(
      cases,
      ({ seed, kind, metric, dimension, count, n, allowed, deleted, compacted, precision, own, later }) => {
        const vectors = vectorsOf(kind, count, dimension, seed);
        const store = storeOf(dimension, vectors, { metric }, precision);
        const next = normals(seed + 1);
        finish(store.memory.fill());
        const isChosen = (share: number): boolean => Math.abs(next() * 100) % 16 < share;
        for (const sequence of vectors.map((_, i) => 2 * i + 1))
          if (isChosen(deleted)) store.delete(sequence);
        if (compacted) store.rows.compact();
        for (const vector of vectorsOf(kind, 20, dimension, seed + 2)) store.add(vector);
        const rows = store.rows.table.length;
        const allow =
          allowed === undefined
            ? undefined
            : Bitmap.of(
                rows,
                Array.from({ length: rows }, (_, row) => row).filter(() => isChosen(allowed)),
              );
        const vector =
          own && count > 0
            ? (vectors[count >> 1] as Float32Array)
            : (vectorsOf(kind, 1, dimension, seed + 3)[0] as Float32Array);
        const query: ExactQuery = { vector, choice: { metric }, n, allow };
        const first = bruteForce(store, query);
        deepEqual(finish(exactScan(store.memory, query)), first);
        // The place of a page's end, and one just behind it.
        const last = first.at(-1)?.distance ?? 0;
        const after = { ...query, from: later ? last * (1 + 1e-15) : last };
        deepEqual(finish(exactScan(store.memory, after)), bruteForce(store, after));
      },
    ),
    { numRuns: 400 },
  );
});

test('rows nearer to the codes than these are exact do not end a scan before one that is nearer', () => {
  // All have the same codes; the query lies between them and the vectors, so that what points are apart at least is below 0.
  const beside = (rest: number): Float32Array =>
    Float32Array.from({ length: 16 }, (_, i) => (i === 0 ? 1 : rest / 254));
  const vectors = Array.from({ length: 85 }, (_, row) => beside(row < 80 ? 0.95 : 0.85));
  for (const precision of precisions) {
    const store = storeOf(16, vectors, { metric: 'cosine' }, precision);
    const query: ExactQuery = { vector: beside(0.804), choice: { metric: 'cosine' }, n: 10 };
    deepEqual(finish(exactScan(store.memory, query)), bruteForce(store, query));
  }
});

test('of many rows few are measured', () => {
  const store = storeOf(100, vectorsOf('random', 2000, 100, 5), { metric: 'cosine' });
  finish(store.memory.fill());
  let measured = 0;
  const { measure } = store.memory;
  store.memory.measure = (sequences, ...rest) => {
    measured += sequences.length;
    measure.call(store.memory, sequences, ...rest);
  };
  const [vector] = vectorsOf('random', 1, 100, 6) as [Float32Array];
  const query: ExactQuery = { vector, choice: { metric: 'cosine' }, n: 10 };
  deepEqual(finish(exactScan(store.memory, query)), bruteForce(store, query));
  ok(measured <= 192, `${measured} of 2000 rows were measured`);
});

test('a query of another dimension or that is not finite is refused; a vector that is not finite is told', () => {
  const store = storeOf(3, vectorsOf('random', 5, 3, 1), { metric: 'l2' });
  const scan = (values: readonly number[]): unknown =>
    finish(exactScan(store.memory, { vector: Float32Array.from(values), choice: { metric: 'l2' }, n: 1 }));
  throws(() => scan([1, 2]), /^RangeError: vector must have 3 numbers, not 2\.$/);
  throws(() => scan([1, 2, Number.NaN]), /^RangeError: query must hold finite numbers only\.$/);
  equal((scan([1, 2, 3]) as Neighbour[]).length, 1);
  store.add(Float32Array.of(1, Number.POSITIVE_INFINITY, 3));
  throws(() => scan([1, 2, 3]), { code: 'gallery-damaged' });
});

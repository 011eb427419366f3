import {
  expandQuery,
  type KReciprocalNumbers,
  kReciprocalDistances,
  type Matrix,
  rowOf,
} from '../../vectors/index.ts';
import type { LabelledVectors } from '../types.ts';

/** The rows of the gallery for each query, the nearest first; the query itself is none of them. */
export type Orders = readonly Uint32Array[];

/** Copies rows of vectors into one matrix, behind an optional first vector. */
function matrixOf(items: Matrix, rows: Uint32Array, first?: Float32Array): Matrix {
  const { dimension } = items;
  const before = first === undefined ? 0 : 1;
  const vectors = new Float32Array((before + rows.length) * dimension);
  if (first !== undefined) vectors.set(first);
  rows.forEach((row, at) => {
    vectors.set(rowOf(items, row), (before + at) * dimension);
  });
  return { vectors, dimension };
}

/** Expands each query by the nearest items of its order. */
export function expandedQueries(
  queries: LabelledVectors,
  items: Matrix,
  orders: Orders,
  { n, alpha }: { readonly n: number; readonly alpha: number },
): LabelledVectors {
  const vectors = new Float32Array(queries.vectors.length);
  for (const [query, order] of orders.entries())
    vectors.set(
      expandQuery(rowOf(queries, query), matrixOf(items, order.subarray(0, n)), alpha),
      query * queries.dimension,
    );
  return { ...queries, vectors };
}

/** Puts the first `depth` rows of an order in that of k-reciprocal re-ranking; equal ones stay in theirs. */
export function rerankedOrder(
  vector: Float32Array,
  items: Matrix,
  order: Uint32Array,
  { depth, ...numbers }: KReciprocalNumbers & { readonly depth: number },
): Uint32Array {
  const nearest = order.subarray(0, depth);
  const work = kReciprocalDistances(matrixOf(items, nearest, vector), numbers);
  let step = work.next();
  while (!step.done) step = work.next();
  const distances = step.value;
  const places = [...nearest.keys()].sort(
    (a, b) => (distances[a] as number) - (distances[b] as number) || a - b,
  );
  const changed = order.slice();
  places.forEach((place, at) => {
    changed[at] = nearest[place] as number;
  });
  return changed;
}

/** The products of a gallery, by number. */
export interface Products {
  /** The product of each row. */
  readonly ofRow: Uint32Array;
  readonly count: number;
  /** The vectors of the rows at length 1. */
  readonly units: Matrix;
}

/** Collects the products of items. */
export function productsOf(items: LabelledVectors, productOf: (row: number) => string): Products {
  const numbers = new Map<string, number>();
  const vectors = items.vectors.slice();
  const units = { vectors, dimension: items.dimension };
  const ofRow = Uint32Array.from(items.ids, (_, row) => {
    const unit = rowOf(units, row);
    const length = Math.hypot(...unit);
    unit.forEach((value, i) => {
      unit[i] = length === 0 ? 0 : value / length;
    });
    const number = numbers.get(productOf(row)) ?? numbers.size;
    numbers.set(productOf(row), number);
    return number;
  });
  return { ofRow, count: numbers.size, units };
}

/** Orders products by their best item and by the mean of all, under cosine; the item in the row `own` is left out (-1: none). */
export function orderedProducts(
  vector: Float32Array,
  { ofRow, count, units }: Products,
  own: number,
): { readonly max: Uint32Array; readonly mean: Uint32Array } {
  const best = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  const sums = new Float64Array(count);
  const members = new Uint32Array(count);
  for (let row = 0; row < ofRow.length; row += 1) {
    if (row === own) continue;
    const unit = rowOf(units, row);
    let score = 0;
    for (let i = 0; i < unit.length; i += 1) score += (unit[i] as number) * (vector[i] as number);
    const product = ofRow[row] as number;
    if (score > (best[product] as number)) best[product] = score;
    sums[product] = (sums[product] as number) + score;
    members[product] = (members[product] as number) + 1;
  }
  const means = sums.map((sum, product) => sum / (members[product] as number));
  const there = [...members.keys()].filter((product) => (members[product] as number) > 0);
  const by = (scores: Float64Array): Uint32Array =>
    Uint32Array.from(there.toSorted((a, b) => (scores[b] as number) - (scores[a] as number) || a - b));
  return { max: by(best), mean: by(means) };
}

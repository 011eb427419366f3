import type { SearchAnswer, SearchOptions } from '../../engine/index.ts';
import { Yielder } from '../../threads/index.ts';
import {
  expandDefaults,
  expandQuery,
  kReciprocalDefaults,
  kReciprocalDistances,
  type Matrix,
  usualRerankDepth,
} from '../../vectors/index.ts';
import { nearestVectors, type Place } from './nearest-items.ts';
import type { ExpandOptions, RankedHit, RerankOptions } from './ranking-types.ts';

/** Expands a query by its nearest items. */
export async function expanded(
  place: Place,
  vector: Float32Array,
  search: SearchOptions,
  { n = expandDefaults.n, alpha = expandDefaults.alpha }: ExpandOptions,
): Promise<{ readonly vector: Float32Array; readonly expandedBy: number }> {
  const { hits, matrix } = await nearestVectors(place, vector, search, n);
  return { vector: expandQuery(vector, matrix, alpha), expandedBy: hits.length };
}

/** Puts the query before its candidates. */
function poolOf(query: Float32Array, { vectors, dimension }: Matrix): Matrix {
  const pool = new Float32Array(dimension + vectors.length);
  pool.set(query);
  pool.set(vectors, dimension);
  return { vectors: pool, dimension };
}

async function distancesOf(
  pool: Matrix,
  { k1, k2, lambda }: RerankOptions,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const numbers = {
    k1: k1 ?? kReciprocalDefaults.k1,
    k2: k2 ?? kReciprocalDefaults.k2,
    lambda: lambda ?? kReciprocalDefaults.lambda,
  };
  const work = kReciprocalDistances(pool, numbers);
  const yielder = new Yielder(signal);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    await yielder.yieldIfDue();
  }
}

/** Keeps the first item of each product. Returns how many were left out before the last that is answered. */
function firstOfProducts(ranked: readonly RankedHit[], k: number): { hits: RankedHit[]; hidden: number } {
  const products = new Set<string>();
  const hits: RankedHit[] = [];
  let hidden = 0;
  for (const hit of ranked) {
    if (hits.length === k) break;
    if (products.has(hit.item.productId)) hidden += 1;
    else hits.push(hit);
    products.add(hit.item.productId);
  }
  return { hits, hidden };
}

/** The answer of a search in another order, and how many items took part. */
export interface Reordered extends Omit<SearchAnswer, 'hits'> {
  readonly hits: RankedHit[];
  readonly depth: number;
}

/** Searches, and puts the nearest items in the order of k-reciprocal re-ranking; equal ones stay in theirs. */
export async function reranked(
  place: Place,
  vector: Float32Array,
  search: SearchOptions,
  options: RerankOptions,
): Promise<Reordered> {
  const { k = 10, group, signal } = search;
  const { depth = Math.max(k, usualRerankDepth) } = options;
  const { hits, matrix, first } = await nearestVectors(place, vector, search, depth);
  const start = performance.now();
  const distances = await distancesOf(poolOf(vector, matrix), options, signal);
  const ranked = hits
    .map((hit, at) => ({ ...hit, rerankDistance: distances[at] as number }))
    .sort((a, b) => a.rerankDistance - b.rerankDistance);
  const answer = group === 'item' ? { hits: ranked.slice(0, k), hidden: 0 } : firstOfProducts(ranked, k);
  const { timings } = first;
  const searchMs = timings.searchMs + performance.now() - start;
  return { ...first, ...answer, next: null, depth: hits.length, timings: { ...timings, searchMs } };
}

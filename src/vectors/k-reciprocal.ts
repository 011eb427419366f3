import type { Matrix } from './matrix.ts';

/** The numbers of k-reciprocal re-ranking. */
export interface KReciprocalNumbers {
  /** Neighbours that must see each other. */
  readonly k1: number;
  /** Neighbours whose sets are averaged; 1 for none. */
  readonly k2: number;
  /** The share of the vectors' own distance in the final one, 0 to 1. */
  readonly lambda: number;
}

/** The numbers of the paper. */
export const kReciprocalDefaults: KReciprocalNumbers = { k1: 20, k2: 6, lambda: 0.3 };

/** Scales vectors to length 1, in float64; zeros stay zeros. */
function unitRows(pool: Matrix): Float64Array {
  const rows = Float64Array.from(pool.vectors);
  const { dimension } = pool;
  for (let start = 0; start < rows.length; start += dimension) {
    const row = rows.subarray(start, start + dimension);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) for (let i = 0; i < dimension; i++) row[i] = (row[i] as number) / length;
  }
  return rows;
}

/** Computes `2 - 2 · cos` of each pair, `float64[N,N]`, and yields after each row. */
function* squaredDistances(pool: Matrix): Generator<void, Float64Array> {
  const { dimension } = pool;
  const rows = unitRows(pool);
  const count = rows.length / dimension;
  const distances = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let at = 0; at < dimension; at++)
        sum += (rows[i * dimension + at] as number) * (rows[j * dimension + at] as number);
      const distance = Math.max(0, 2 - 2 * sum);
      distances[i * count + j] = distance;
      distances[j * count + i] = distance;
    }
    yield;
  }
  return distances;
}

/** The vectors of a pool as each other's neighbours. */
class Neighbourhoods {
  readonly #count: number;
  /** Distances divided by the largest of their row, `float64[N,N]`. */
  readonly #distances: Float64Array;
  readonly #ranks: readonly Uint32Array[];
  readonly #near = new Map<string, ReadonlySet<number>>();

  constructor(distances: Float64Array) {
    this.#count = Math.round(Math.sqrt(distances.length));
    this.#distances = distances.slice();
    const rows = Array.from({ length: this.#count }, (_, i) => this.distancesOf(i));
    this.#ranks = rows.map((row, i) =>
      Uint32Array.from(row.keys()).sort((a, b) => {
        // A vector is its own nearest, whatever else is equal to it.
        if (a === i || b === i) return a === i ? -1 : 1;
        return (row[a] as number) - (row[b] as number) || a - b;
      }),
    );
    for (const row of rows) {
      const most = row.reduce((largest, value) => Math.max(largest, value), 0);
      if (most > 0) for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) / most;
    }
  }

  distancesOf(i: number): Float64Array {
    return this.#distances.subarray(i * this.#count, (i + 1) * this.#count);
  }

  /** The first `k` of the ranking of a vector; the first is itself. */
  nearest(i: number, k: number): Uint32Array {
    return (this.#ranks[i] as Uint32Array).subarray(0, k);
  }

  /** Those of the `k` nearest of a vector, and itself, that have it among theirs. */
  reciprocal(i: number, k: number): number[] {
    return [...this.nearest(i, k + 1)].filter((j) => this.#nearSet(j, k + 1).has(i));
  }

  /** The k-reciprocal neighbours of a vector, with those of them of which two thirds are shared. */
  expanded(i: number, k1: number): Set<number> {
    const own = new Set(this.reciprocal(i, k1));
    const all = new Set(own);
    // Half of k1, halves to the even number as NumPy rounds.
    const half = k1 % 2 === 0 ? k1 / 2 : 2 * Math.round(k1 / 4);
    for (const candidate of own) {
      const theirs = this.reciprocal(candidate, half);
      const shared = theirs.filter((j) => own.has(j)).length;
      if (shared > (2 / 3) * theirs.length) for (const j of theirs) all.add(j);
    }
    return all;
  }

  #nearSet(j: number, k: number): ReadonlySet<number> {
    const key = `${j} ${k}`;
    const known = this.#near.get(key) ?? new Set(this.nearest(j, k));
    this.#near.set(key, known);
    return known;
  }
}

type Weights = ReadonlyMap<number, number>;

/** The fuzzy set of a vector's neighbours: weights `exp(-d)` with the sum 1. */
function weightsOf(near: Neighbourhoods, i: number, k1: number): Weights {
  const distances = near.distancesOf(i);
  const raw = [...near.expanded(i, k1)].map((j) => [j, Math.exp(-(distances[j] as number))] as const);
  const sum = raw.reduce((total, [, weight]) => total + weight, 0);
  return new Map(raw.map(([j, weight]) => [j, weight / sum]));
}

function meanOf(sets: readonly Weights[]): Weights {
  const mean = new Map<number, number>();
  for (const set of sets)
    for (const [j, weight] of set) mean.set(j, (mean.get(j) ?? 0) + weight / sets.length);
  return mean;
}

function jaccardDistance(a: Weights, b: Weights): number {
  let shared = 0;
  for (const [j, weight] of a) shared += Math.min(weight, b.get(j) ?? 0);
  return 1 - shared / (2 - shared);
}

/**
 * Computes the distances of k-reciprocal re-ranking from the first vector of a pool to the others: `(1 - lambda) · Jaccard` of the
 * sets of neighbours and `lambda · d` of `d = 2 - 2 · cos`, divided by the largest. Neighbours are those in the pool. After Zhong,
 * Zheng, Cao and Li, "Re-ranking Person Re-identification with k-reciprocal Encoding" (2017), with a single query. Yields
 * between pieces of work.
 * @param pool raw vectors: the query, then its candidates
 * @returns `float64[N - 1]`: lower is nearer
 */
export function* kReciprocalDistances(
  pool: Matrix,
  { k1, k2, lambda }: KReciprocalNumbers,
): Generator<void, Float64Array> {
  const near = new Neighbourhoods(yield* squaredDistances(pool));
  const count = pool.vectors.length / pool.dimension;
  const sets: Weights[] = [];
  for (let i = 0; i < count; i++) {
    sets.push(weightsOf(near, i, k1));
    yield;
  }
  const averaged = sets.map((_, i) => meanOf([...near.nearest(i, k2)].map((j) => sets[j] as Weights)));
  const [query] = averaged;
  const own = near.distancesOf(0);
  return Float64Array.from(
    averaged.slice(1),
    (set, i) => (1 - lambda) * jaccardDistance(query as Weights, set) + lambda * (own[i + 1] as number),
  );
}

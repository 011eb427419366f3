import type { Sample } from '../../datasets/index.ts';

/** Queries and the gallery in which they are looked for, with their embeddings one after the other. */
export interface RecallSides {
  readonly queries: readonly Sample[];
  readonly query: Float32Array;
  readonly gallery: readonly Sample[];
  readonly found: Float32Array;
  /** Whether both are the same pictures: a query is then not its own answer. */
  readonly self: boolean;
}

/** Rows of length 1, so that the nearest row by distance is the one of the largest cosine. */
function normalized(vectors: Float32Array, dimension: number): Float32Array {
  const result = vectors.slice();
  for (let row = 0; row < result.length; row += dimension) {
    let sum = 0;
    for (let i = row; i < row + dimension; i += 1) sum += (result[i] ?? 0) ** 2;
    const length = Math.sqrt(sum);
    for (let i = row; i < row + dimension; i += 1) result[i] = (result[i] ?? 0) / length;
  }
  return result;
}

function squaredDistance(a: Float32Array, b: Float32Array, length: number, best: number): number {
  let sum = 0;
  for (let i = 0; i < length; i += 64) {
    const end = Math.min(i + 64, length);
    for (let j = i; j < end; j += 1) {
      const difference = (a[j] ?? 0) - (b[j] ?? 0);
      sum += difference * difference;
    }
    // What is farther than the best already need not be summed up to its end.
    if (sum > best) return sum;
  }
  return sum;
}

/** The place of the nearest row; of equal ones the first. */
function nearest(query: Float32Array, gallery: Float32Array, dimension: number, except: number): number {
  let [best, at] = [Number.POSITIVE_INFINITY, -1];
  for (let row = 0; row * dimension < gallery.length; row += 1) {
    if (row === except) continue;
    const candidate = gallery.subarray(row * dimension, (row + 1) * dimension);
    const distance = squaredDistance(query, candidate, dimension, best);
    if (distance < best) [best, at] = [distance, row];
  }
  return at;
}

/**
 * Recall@1 by exact search: the share (0 to 1) of queries whose nearest gallery picture has their label, over the
 * queries that have another picture of their label in the gallery; 0 when there is none.
 */
export function recallAt1(sides: RecallSides, metric: 'cosine' | 'l2'): number {
  const { queries, gallery, self } = sides;
  if (queries.length === 0 || gallery.length === 0) return 0;
  const dimension = sides.query.length / queries.length;
  const prepare = (vectors: Float32Array): Float32Array =>
    metric === 'cosine' ? normalized(vectors, dimension) : vectors;
  const query = prepare(sides.query);
  const found = self ? query : prepare(sides.found);
  const counts = new Map<string, number>();
  for (const { label } of gallery) counts.set(label, (counts.get(label) ?? 0) + 1);
  let [hits, asked] = [0, 0];
  for (const [at, { label }] of queries.entries()) {
    if ((counts.get(label) ?? 0) <= (self ? 1 : 0)) continue;
    asked += 1;
    const row = query.subarray(at * dimension, (at + 1) * dimension);
    if (gallery[nearest(row, found, dimension, self ? at : -1)]?.label === label) hits += 1;
  }
  return asked === 0 ? 0 : hits / asked;
}

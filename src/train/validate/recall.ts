import type { Sample } from '../../datasets/index.ts';

/** Queries and the gallery that is searched for them, with their embeddings one after the other, `float32[N,D]`. */
export interface RecallInput {
  readonly queries: readonly Sample[];
  readonly queryVectors: Float32Array;
  readonly gallery: readonly Sample[];
  readonly galleryVectors: Float32Array;
  /** True if both are the same pictures: a query is then not its own answer. */
  readonly isSelf: boolean;
}

/** Scales rows to length 1, so that the nearest row by distance is the one of the largest cosine similarity. */
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
    // A row that is farther than the best one already need not be summed up to its end.
    if (sum > best) return sum;
  }
  return sum;
}

/** The number of the nearest row; of equally near ones the first. */
function nearestRow(query: Float32Array, gallery: Float32Array, dimension: number, except: number): number {
  let least = Number.POSITIVE_INFINITY;
  let nearest = -1;
  for (let row = 0; row * dimension < gallery.length; row += 1) {
    if (row === except) continue;
    const candidate = gallery.subarray(row * dimension, (row + 1) * dimension);
    const distance = squaredDistance(query, candidate, dimension, least);
    if (distance < least) {
      least = distance;
      nearest = row;
    }
  }
  return nearest;
}

/**
 * Recall@1 by exact search: the share (0 to 1) of queries whose nearest gallery picture has their label, over the
 * queries that have another picture of their label in the gallery; 0 if there is none.
 */
export function recallAt1(input: RecallInput, metric: 'cosine' | 'l2'): number {
  const { queries, gallery, isSelf } = input;
  if (queries.length === 0 || gallery.length === 0) return 0;
  const dimension = input.queryVectors.length / queries.length;
  const prepare = (vectors: Float32Array): Float32Array =>
    metric === 'cosine' ? normalized(vectors, dimension) : vectors;
  const queryVectors = prepare(input.queryVectors);
  const galleryVectors = isSelf ? queryVectors : prepare(input.galleryVectors);
  const counts = new Map<string, number>();
  for (const { label } of gallery) counts.set(label, (counts.get(label) ?? 0) + 1);
  let hits = 0;
  let counted = 0;
  for (const [at, { label }] of queries.entries()) {
    if ((counts.get(label) ?? 0) <= (isSelf ? 1 : 0)) continue;
    counted += 1;
    const row = queryVectors.subarray(at * dimension, (at + 1) * dimension);
    if (gallery[nearestRow(row, galleryVectors, dimension, isSelf ? at : -1)]?.label === label) hits += 1;
  }
  return counted === 0 ? 0 : hits / counted;
}

import { type Matrix, rowOf } from './matrix.ts';

const lengthOf = (vector: Float32Array): number =>
  Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));

function cosineOf(a: Float32Array, b: Float32Array, lengths: number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum / lengths;
}

/**
 * Expands a query by its nearest vectors: `q + Σ cos(q, x)^alpha · x` of unit vectors, at length 1, in float64. What points away
 * from the query, or nowhere, counts nothing. After Radenović, Tolias and Chum, "Fine-tuning CNN Image Retrieval with No Human
 * Annotation" (2019); with `alpha` 0 it is average query expansion.
 * @param neighbours raw vectors, such as the query's nearest in the gallery
 */
export function expandQuery(query: Float32Array, neighbours: Matrix, alpha: number): Float32Array {
  const length = lengthOf(query);
  // A query of zeros is near to nothing.
  if (length === 0) return query;
  const sum = Float64Array.from(query, (value) => value / length);
  const count = neighbours.vectors.length / neighbours.dimension;
  for (let row = 0; row < count; row++) {
    const vector = rowOf(neighbours, row);
    const own = lengthOf(vector);
    const cosine = own === 0 ? 0 : cosineOf(query, vector, length * own);
    if (cosine <= 0) continue;
    const factor = cosine ** alpha / own;
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + factor * (vector[i] as number);
  }
  const total = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0));
  return Float32Array.from(sum, (value) => value / total);
}

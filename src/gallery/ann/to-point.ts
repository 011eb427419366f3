import { type Metric, metricOf, squaredNorm } from '../../vectors/index.ts';

/**
 * Writes the point of a graph for a vector of a metric: under cosine the vector divided by its norm (in float64), where the zero
 * vector stays as it is; of probabilities the roots, whose Euclidean distance is the Hellinger distance.
 * @param target as long as the vector
 */
export function toPoint(metric: Metric, vector: Float32Array, target: Float32Array): void {
  const { points } = metricOf(metric).index;
  const norm = points === 'unit' ? Math.sqrt(squaredNorm(vector)) || 1 : 1;
  for (let i = 0; i < vector.length; i++) target[i] = (vector[i] as number) / norm + 0; // -0 becomes 0
  if (points === 'root') for (let i = 0; i < vector.length; i++) target[i] = Math.sqrt(vector[i] as number);
}

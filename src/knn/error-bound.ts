import type { Provider } from '../runtime/index.ts';
import type { PreparedVectors } from './prepared-vectors.ts';

/** A query further than this from the mean of the gallery could leave the range of float32. */
const longest = 2 ** 60;

/**
 * Bounds the error of a score relative to the product of the norms: that of a float32 sum of `dimension` products in any
 * order (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1), with a few roundings more for the steps
 * before and after. CUDA may round factors to TF32, which has 10 bits.
 */
function relativeError(dimension: number, provider: Provider): number {
  const roundings = (dimension + 6) * 2 ** -24;
  if (roundings >= 1) return Number.POSITIVE_INFINITY;
  return roundings / (1 - roundings) + (provider === 'cuda' ? 2 ** -8.9 : 0);
}

/**
 * Bounds the errors of the scores of the query in row `query`; Infinity if they have no bound. A score is the cosine, or
 * under L2 (|q|^2 - distance^2) / 2 of the prepared vectors. The bound includes the rounding of distances to float32, so
 * that items tied with another one lie within the bound around it.
 */
export function errorBound(vectors: PreparedVectors, query: number, provider: Provider): number {
  const { dimension } = vectors.gallery.set;
  const error = relativeError(dimension, provider);
  if (vectors.metric === 'cosine') return error + 2 ** -21;
  const length = Math.sqrt(vectors.query.squares[query] ?? Number.NaN) * vectors.scale;
  const largest = vectors.gallery.largest * vectors.scale;
  const sum = length + largest;
  if (!(sum <= longest)) return Number.POSITIVE_INFINITY;
  const underflow = dimension * 2 ** -120 * (1 + sum);
  return error * largest * (length + largest / 2) + sum ** 2 * 2 ** -22 + underflow;
}

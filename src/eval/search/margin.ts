import type { Provider } from '../../runtime/index.ts';
import type { View } from './view.ts';

/** A query so much further from the gallery's centre than all items could leave the range of float32. */
const longest = 2 ** 60;

/**
 * How far a score of the graph may be from the true one, relative to the product of the lengths: the bound of float32
 * sums of `dimension` products in any order, with a few roundings more for what is done before and after. CUDA may round
 * what it multiplies to TF32, to 10 bits or more.
 */
function relativeError(dimension: number, provider: Provider): number {
  const roundings = (dimension + 6) * 2 ** -24;
  if (roundings >= 1) return Number.POSITIVE_INFINITY;
  return roundings / (1 - roundings) + (provider === 'cuda' ? 2 ** -8.9 : 0);
}

/**
 * A bound of how far the scores of the query in row `query` may be from the true ones; infinite where nothing can be
 * said. A score is the cosine, or under L2 (|q|^2 - distance^2) / 2 of what the view shows. The bound has room for the
 * rounding of distances to float32 as well, so that what is tied with an item lies within the bound around it.
 */
export function marginOf(view: View, query: number, provider: Provider): number {
  const { dimension } = view.gallery.set;
  const error = relativeError(dimension, provider);
  if (view.metric === 'cosine') return error + 2 ** -21;
  const length = Math.sqrt(view.query.squares[query] ?? Number.NaN) * view.scale;
  const largest = view.gallery.largest * view.scale;
  const reach = length + largest;
  if (!(reach <= longest)) return Number.POSITIVE_INFINITY;
  const underflow = dimension * 2 ** -120 * (1 + reach);
  return error * largest * (length + largest / 2) + reach ** 2 * 2 ** -22 + underflow;
}

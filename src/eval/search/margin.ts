import type { Provider } from '../../runtime/index.ts';
import type { Metric } from '../types.ts';
import type { Space } from './space.ts';

/** Lengths beyond these could leave the range of float32 within a product; nothing is believed of such scores. */
const longest = 2 ** 60;
const shortest = 2 ** -60;

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
 * A bound of how far the scores of a query may be from the true ones; infinite where nothing can be said. A score is the
 * cosine, or under L2 (|q|^2 - distance^2) / 2 seen from the centre. It covers the rounding of distances to float32 as
 * well, so that what is tied with an item lies within the bound around it.
 */
export function marginOf(
  metric: Metric,
  query: Space,
  row: number,
  gallery: Space,
  provider: Provider,
): number {
  const error = relativeError(query.set.dimension, provider);
  if (metric === 'cosine')
    return gallery.largest > longest || gallery.smallest < shortest
      ? Number.POSITIVE_INFINITY
      : error + 2 ** -21;
  const length = Math.sqrt(query.squares[row] ?? Number.NaN);
  const reach = length + gallery.largest;
  if (!(reach <= longest)) return Number.POSITIVE_INFINITY;
  const underflow = query.set.dimension * 2 ** -120 * (1 + reach);
  return error * gallery.largest * (length + gallery.largest / 2) + reach ** 2 * 2 ** -22 + underflow;
}

import type { Metric, NamedVectors } from '../vectors/index.ts';
import { computeNorms, meanVector, type VectorSet } from './vector-set.ts';

/** Below this, rows lie close enough together for any cache. */
const narrow = 256;

/**
 * Computes the numbers per row for the graph. Rows a power of two apart share a few places of a processor's cache, which
 * costs products a tenth of their speed; so rows are an odd number of cache lines, zeros at their end.
 */
const widthOf = (dimension: number): number =>
  dimension < narrow ? dimension : 16 * (Math.ceil(dimension / 16) | 1);

/**
 * Vectors as the graph compares them, scaled so that float32 holds them well. Under cosine they are normalised, but for zero
 * vectors. Under L2
 * the mean of the gallery is subtracted, and a power of two makes the longest vector of the gallery about 1.
 */
export class PreparedVectors {
  readonly metric: Metric;
  readonly query: VectorSet;
  readonly gallery: VectorSet;
  /** Numbers per row, at least the dimension. */
  readonly width: number;
  /** The factor of all vectors under L2. */
  readonly scale: number;
  readonly #mean: Float64Array | undefined;

  /** @throws SnapshelfError `vector-invalid` for a vector that cannot be compared. */
  constructor(query: NamedVectors, gallery: NamedVectors, metric: Metric) {
    this.metric = metric;
    this.#mean = metric === 'l2' ? meanVector(gallery) : undefined;
    this.gallery = computeNorms('gallery', gallery, metric, this.#mean);
    this.query = query === gallery ? this.gallery : computeNorms('query', query, metric, this.#mean);
    this.width = widthOf(gallery.dimension);
    this.scale = this.gallery.largest > 0 ? 2 ** -Math.round(Math.log2(this.gallery.largest)) : 1;
  }

  /**
   * Writes the rows from `start` to `end` of the query or the gallery into `out`, `float32[end - start, width]`. The
   * zeros at the ends of rows are not written.
   */
  write({ set, squares }: VectorSet, start: number, end: number, out: Float32Array): void {
    const { vectors, dimension } = set;
    const mean = this.#mean;
    for (let row = start; row < end; row += 1) {
      const from = row * dimension;
      const to = (row - start) * this.width;
      if (mean === undefined) {
        const square = squares[row] as number;
        const factor = square === 0 ? 0 : 1 / Math.sqrt(square);
        for (let i = 0; i < dimension; i += 1) out[to + i] = (vectors[from + i] as number) * factor;
      } else
        for (let i = 0; i < dimension; i += 1)
          out[to + i] = ((vectors[from + i] as number) - (mean[i] as number)) * this.scale;
    }
  }

  /** Computes the addend of L2 for each row of the gallery, `float32[rows]`: -|g|^2 / 2. */
  bias(): Float32Array {
    return Float32Array.from(this.gallery.squares, (own) => (-own * this.scale * this.scale) / 2);
  }
}

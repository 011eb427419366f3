import type { LabelledVectors, Metric } from '../types.ts';
import { centreOf, measure, type Space } from './space.ts';

/** Below this, rows lie close enough together for any cache. */
const narrow = 256;

/**
 * How many numbers a row takes for the graph. Rows a power of two apart share a few places of a processor's cache, which
 * costs products a tenth of their speed; so rows are an odd number of cache lines, zeros at their end.
 */
const widthOf = (dimension: number): number =>
  dimension < narrow ? dimension : 16 * (Math.ceil(dimension / 16) | 1);

/**
 * Vectors as the graph compares them, so that float32 holds them well whatever they were. Cosine: of length 1. L2: seen
 * from the centre of the gallery, by a power of two larger or smaller, so that the longest there is about 1.
 */
export class View {
  readonly metric: Metric;
  readonly query: Space;
  readonly gallery: Space;
  /** Numbers of a row, at least the dimension. */
  readonly width: number;
  /** What lengths are multiplied by under L2. */
  readonly scale: number;
  readonly #centre: Float64Array | undefined;

  /** Throws `vector-invalid` for a vector that cannot be compared. */
  constructor(query: LabelledVectors, gallery: LabelledVectors, metric: Metric) {
    this.metric = metric;
    this.#centre = metric === 'l2' ? centreOf(gallery) : undefined;
    this.gallery = measure('gallery', gallery, metric, this.#centre);
    this.query = query === gallery ? this.gallery : measure('query', query, metric, this.#centre);
    this.width = widthOf(gallery.dimension);
    this.scale = this.gallery.largest > 0 ? 2 ** -Math.round(Math.log2(this.gallery.largest)) : 1;
  }

  /** Writes rows `start` to `end` of a side into `out`, `float32[end - start, width]`, whose zeros at row ends stay. */
  write({ set, squares }: Space, start: number, end: number, out: Float32Array): void {
    const { vectors, dimension } = set;
    for (let row = start; row < end; row += 1) {
      const [from, to] = [row * dimension, (row - start) * this.width];
      const centre = this.#centre;
      if (centre === undefined) {
        const factor = 1 / Math.sqrt(squares[row] as number);
        for (let i = 0; i < dimension; i += 1) out[to + i] = (vectors[from + i] as number) * factor;
      } else
        for (let i = 0; i < dimension; i += 1)
          out[to + i] = ((vectors[from + i] as number) - (centre[i] as number)) * this.scale;
    }
  }

  /** By row of the gallery what L2 adds to a product: -length^2 / 2. */
  bias(): Float32Array {
    return Float32Array.from(this.gallery.squares, (own) => (-own * this.scale * this.scale) / 2);
  }
}

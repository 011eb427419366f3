import type { Rows } from './moments.ts';

/** Pictures with what they show. */
export interface Labelled {
  readonly rows: Rows;
  readonly labels: readonly string[];
}

/** Cosine similarities to all of the gallery, for features that grow by some numbers at a time. */
class Similarities {
  readonly #query: Float32Array;
  readonly #gallery: Rows;
  readonly #products: Float64Array;
  readonly #squares: Float64Array;
  #length = 0;

  constructor(query: Float32Array, gallery: Rows) {
    this.#query = query;
    this.#gallery = gallery;
    this.#products = new Float64Array(gallery.length);
    this.#squares = new Float64Array(gallery.length);
  }

  /** The place in the gallery of what is most similar by the first `length` numbers, which never shrinks. */
  nearest(length: number): number {
    let [best, most] = [-1, Number.NEGATIVE_INFINITY];
    for (const [place, row] of this.#gallery.entries()) {
      let [product, square] = [this.#products[place] ?? 0, this.#squares[place] ?? 0];
      for (let i = this.#length; i < length; i += 1) {
        const value = row[i] ?? 0;
        product += value * (this.#query[i] ?? 0);
        square += value * value;
      }
      this.#products[place] = product;
      this.#squares[place] = square;
      const similarity = square === 0 ? 0 : product / Math.sqrt(square);
      if (similarity > most) [best, most] = [place, similarity];
    }
    this.#length = length;
    return best;
  }
}

/**
 * Recall@1 by cosine similarity when only the first numbers of each feature are compared, for several lengths: the
 * share of queries, of those with a picture of their label in the gallery, whose nearest picture has it. NaN when there
 * is no such query.
 * @param lengths rising
 */
export function recallByLength(gallery: Labelled, queries: Labelled, lengths: readonly number[]): number[] {
  const known = new Set(gallery.labels);
  const found = lengths.map(() => 0);
  let asked = 0;
  for (const [at, row] of queries.rows.entries()) {
    const label = queries.labels[at] ?? '';
    if (!known.has(label)) continue;
    asked += 1;
    const similarities = new Similarities(row, gallery.rows);
    for (const [i, length] of lengths.entries())
      if (gallery.labels[similarities.nearest(length)] === label) found[i] = (found[i] ?? 0) + 1;
  }
  return found.map((count) => count / asked);
}

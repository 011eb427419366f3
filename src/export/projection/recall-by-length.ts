import type { Rows } from './moments.ts';

/** Features of pictures with their labels. */
export interface Labelled {
  readonly rows: Rows;
  readonly labels: readonly string[];
}

/** The cosine similarities of a query to all of the gallery, over more and more numbers of the features. */
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

  /** Returns the gallery row that is most similar by the first `length` numbers; `length` must not shrink. */
  nearest(length: number): number {
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (const [place, row] of this.#gallery.entries()) {
      let product = this.#products[place] ?? 0;
      let square = this.#squares[place] ?? 0;
      for (let i = this.#length; i < length; i += 1) {
        const value = row[i] ?? 0;
        product += value * (this.#query[i] ?? 0);
        square += value * value;
      }
      this.#products[place] = product;
      this.#squares[place] = square;
      const similarity = square === 0 ? 0 : product / Math.sqrt(square);
      if (similarity > most) {
        best = place;
        most = similarity;
      }
    }
    this.#length = length;
    return best;
  }
}

/**
 * Returns Recall@1 by cosine similarity over the first numbers of each feature, for several lengths: among the queries
 * with a picture of their label in the gallery, the share whose nearest picture has it. NaN if there is no such query.
 *
 * @param lengths - in rising order
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

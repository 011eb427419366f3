import type { Yielder } from '../threads/index.ts';
import type { LabelledRows } from './labelled-rows.ts';
import { LogSums } from './log-sums.ts';
import { innerProduct, rowsOf } from './matrix.ts';
import type { InformationParameters } from './parameters.ts';
import type { Products } from './products.ts';

/** The two parts of a loss of Table 2, and their sum. */
export interface Terms {
  readonly tightness: number;
  readonly contrast: number;
  readonly value: number;
}

/** Makes the terms of a loss from its two parts. */
export const termsOf = (tightness: number, contrast: number): Terms => ({
  tightness,
  contrast,
  value: tightness + contrast,
});

/** The figures that are sums over pairs of rows. */
export interface PairTerms {
  readonly contrastive: Terms;
  readonly snca: Terms;
  readonly multiSimilarity: Terms;
  /** Eq. 6 over the pairs that are apart; null if none are. */
  readonly entropy: number | null;
  /** Pairs i < j of equal vectors, which eq. 6 leaves out. */
  readonly pairsAtDistanceZero: number;
}

/** Rows of a tile of the matrix of pairs, of which only one tile is ever held. */
const tile = 256;

/** Below this share of the squared lengths, a squared distance is summed up from differences: subtraction would cost digits. */
const close = 1e-4;

/** The sums over pairs, each pair i < j seen once. */
class PairSums {
  readonly #rows: LabelledRows;
  readonly #parameters: InformationParameters;
  /** Squared lengths of the rows. */
  readonly #squares: Float64Array;
  #within = 0;
  #between = 0;
  #logs = 0;
  #apart = 0;
  readonly #sncaSame: LogSums;
  readonly #sncaOthers: LogSums;
  readonly #similarSame: LogSums;
  readonly #similarOther: LogSums;

  constructor(rows: LabelledRows, parameters: InformationParameters) {
    this.#rows = rows;
    this.#parameters = parameters;
    const { vectors } = rows;
    const n = vectors.rows;
    this.#squares = Float64Array.from({ length: n }, (_, row) => innerProduct(vectors, row, row));
    this.#sncaSame = new LogSums(n);
    this.#sncaOthers = new LogSums(n);
    // The 1 within the logarithms of the multi-similarity loss is e^0.
    this.#similarSame = new LogSums(n, 0);
    this.#similarOther = new LogSums(n, 0);
    const { snca, 'multi-similarity': similarity } = parameters;
    // The pair of a row and itself, which Table 2 has in its sums over the same label.
    for (let row = 0; row < n; row += 1) {
      this.#sncaSame.add(row, 1 / snca.sigma);
      this.#similarSame.add(row, -similarity.alpha * (1 - similarity.margin));
    }
  }

  #squaredDistance(i: number, j: number, product: number): number {
    const { vectors, distance } = this.#rows;
    if (distance !== undefined) return distance(i, j) ** 2;
    const both = (this.#squares[i] as number) + (this.#squares[j] as number);
    const squared = both - 2 * product;
    if (squared > close * both) return squared;
    let sum = 0;
    for (let at = 0; at < vectors.columns; at += 1)
      sum +=
        ((vectors.data[i * vectors.columns + at] as number) -
          (vectors.data[j * vectors.columns + at] as number)) **
        2;
    return sum;
  }

  add(i: number, j: number, product: number): void {
    const { contrastive, snca, 'multi-similarity': similarity } = this.#parameters;
    const isSame = this.#rows.labels[i] === this.#rows.labels[j];
    const squared = this.#squaredDistance(i, j, product);
    if (squared > 0) {
      this.#logs += Math.log(squared);
      this.#apart += 1;
    }
    const cosine = product / Math.sqrt((this.#squares[i] as number) * (this.#squares[j] as number));
    const exponent = cosine / snca.sigma;
    this.#sncaOthers.add(i, exponent);
    this.#sncaOthers.add(j, exponent);
    if (isSame) {
      this.#within += squared;
      this.#sncaSame.add(i, exponent);
      this.#sncaSame.add(j, exponent);
      const pull = -similarity.alpha * (cosine - similarity.margin);
      this.#similarSame.add(i, pull);
      this.#similarSame.add(j, pull);
      return;
    }
    const short = contrastive.margin - Math.sqrt(squared);
    if (short > 0) this.#between += short * short;
    const push = similarity.beta * (cosine - similarity.margin);
    this.#similarOther.add(i, push);
    this.#similarOther.add(j, push);
  }

  terms(): PairTerms {
    const { rows: n, columns: dimension } = this.#rows.vectors;
    const { alpha, beta } = this.#parameters['multi-similarity'];
    return {
      contrastive: termsOf((2 * this.#within) / n, (2 * this.#between) / n),
      snca: termsOf(-this.#sncaSame.mean(), this.#sncaOthers.mean()),
      multiSimilarity: termsOf(this.#similarSame.mean() / alpha, this.#similarOther.mean() / beta),
      entropy: this.#apart === 0 ? null : (dimension * this.#logs) / this.#apart,
      pairsAtDistanceZero: (n * (n - 1)) / 2 - this.#apart,
    };
  }
}

/** Adds the pairs of two tiles of rows, which may be the same. */
async function addTile(
  sums: PairSums,
  { vectors }: LabelledRows,
  top: number,
  left: number,
  products: Products,
): Promise<void> {
  const above = rowsOf(vectors, top, Math.min(top + tile, vectors.rows));
  const beside = rowsOf(vectors, left, Math.min(left + tile, vectors.rows));
  const { data } = await products.multiply('NT', above, beside);
  for (let i = 0; i < above.rows; i += 1)
    for (let j = Math.max(0, top + i + 1 - left); j < beside.rows; j += 1)
      sums.add(top + i, left + j, data[i * beside.rows + j] as number);
}

/** Numbers of tiles of pairs of `rows` rows. */
export function pairTiles(rows: number): number {
  const side = Math.ceil(rows / tile);
  return (side * (side + 1)) / 2;
}

/**
 * Sums what Table 2 and eq. 6 sum over pairs of rows. The memory that it takes grows with the rows, not with the pairs.
 * @param onTile called after each of `pairTiles` pieces of the work
 * @throws The reason of the signal that the yielder has, once it is aborted.
 */
export async function pairTerms(
  rows: LabelledRows,
  parameters: InformationParameters,
  products: Products,
  yielder: Yielder,
  onTile: () => void,
): Promise<PairTerms> {
  const { vectors } = rows;
  const sums = new PairSums(rows, parameters);
  for (let top = 0; top < vectors.rows; top += tile)
    for (let left = top; left < vectors.rows; left += tile) {
      await addTile(sums, rows, top, left, products);
      onTile();
      await yielder.yieldIfDue();
    }
  return sums.terms();
}

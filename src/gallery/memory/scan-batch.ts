import type { CodeProducts } from './code-products.ts';
import { productAt, type SplitQueries, splitQueries } from './code-products.ts';
import { roundingOfSquare, type WordRange, type WordScan } from './scan-words.ts';
import { numbersPerRow, rowsPerWord, strideOf, type VectorChunk } from './vector-chunk.ts';

/** Several scans whose products with the same rows are computed at once. */
export class ScanBatch {
  readonly #scans: readonly WordScan[];
  readonly #products: CodeProducts;
  /** By scan: twice the query's scale, its square, and how far the points of codes may be apart, but for the row's error. */
  readonly #scales: Float64Array;
  readonly #squares: Float64Array;
  readonly #reaches: Float64Array;
  #split: SplitQueries | undefined;

  constructor(scans: readonly WordScan[], products: CodeProducts) {
    this.#scans = scans;
    this.#products = products;
    this.#scales = Float64Array.from(scans, ({ query }) => 2 * query.scale);
    this.#squares = Float64Array.from(scans, ({ query }) => query.squared);
    this.#reaches = new Float64Array(scans.length).fill(Number.POSITIVE_INFINITY);
  }

  /** Offers the rows of a range, all of one chunk, to the shortlists. */
  async scan(chunk: VectorChunk, range: WordRange): Promise<void> {
    const [from, to] = range;
    const stride = strideOf(chunk.layout);
    const codesOfQueries = (): Int16Array[] => this.#scans.map(({ query }) => query.codes);
    this.#split ??= splitQueries(codesOfQueries(), stride);
    const codes = chunk.codesOf(from * rowsPerWord - chunk.start, (to - from) * rowsPerWord);
    this.#offerAll(chunk, range, await this.#products.multiply(codes, stride, this.#split));
  }

  /** Goes row by row, and ends most pairs at the comparison. */
  #offerAll({ start, numbers }: VectorChunk, [from, to]: WordRange, products: Int32Array): void {
    const first = from * rowsPerWord;
    const count = this.#scans.length;
    for (let row = 0; row < (to - from) * rowsPerWord; row++) {
      const place = (first + row - start) * numbersPerRow;
      const scale = numbers[place] as number;
      const square = numbers[place + 1] as number;
      const error = numbers[place + 2] as number;
      for (let i = 0; i < count; i++) {
        const both = square + (this.#squares[i] as number);
        const squared = both - scale * (this.#scales[i] as number) * productAt(products, count, row, i);
        const rounding = both * roundingOfSquare;
        const reach = (this.#reaches[i] as number) + error;
        if (squared - rounding <= reach * reach) this.#offer(i, first + row, [squared, rounding, error]);
      }
    }
  }

  #offer(i: number, row: number, [squared, rounding, ownError]: readonly [number, number, number]): void {
    const { query, words, list } = this.#scans[i] as WordScan;
    const word = words[Math.floor(row / rowsPerWord)] ?? 0;
    if (((word >>> (row % rowsPerWord)) & 1) === 0) return;
    const error = ownError + query.error;
    const least = Math.sqrt(Math.max(0, squared - rounding)) - error;
    list.offer(row, least, Math.sqrt(Math.max(0, squared + rounding)) + error);
    this.#reaches[i] = list.limit + query.error;
  }
}

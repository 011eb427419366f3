import { type CoarseQueries, coarsen } from './coarse-queries.ts';
import type { CodeProducts } from './code-products.ts';
import { roundingOfSquare, SingleRows, type WordRange, type WordScan } from './scan-words.ts';
import { numbersPerRow, rowsPerWord, strideOf, type VectorChunk } from './vector-chunk.ts';

/**
 * Several scans in one pass: products of coarse codes of all queries with the same rows leave out most pairs, and only of the
 * others the products of the codes are computed. What a list lacks that its scan alone would have is not among its nearest.
 */
export class ScanBatch {
  readonly #scans: readonly WordScan[];
  readonly #products: CodeProducts;
  #coarse: CoarseQueries | undefined;
  /** By scan: how far the points of coarse codes may be apart, but for the row's error. */
  readonly #reaches: Float64Array;
  /** By scan: the rows that are left of a range, and how many they are. */
  #left = new Uint32Array();
  readonly #counts: Uint32Array;

  constructor(scans: readonly WordScan[], products: CodeProducts) {
    this.#scans = scans;
    this.#products = products;
    this.#reaches = new Float64Array(scans.length).fill(Number.POSITIVE_INFINITY);
    this.#counts = new Uint32Array(scans.length);
  }

  /** Offers the rows of a range, all of one chunk, to the shortlists. */
  async scan(chunk: VectorChunk, [from, to]: WordRange): Promise<void> {
    const stride = strideOf(chunk.layout);
    this.#coarse ??= coarsen(
      this.#scans.map(({ query }) => query),
      stride,
    );
    const first = from * rowsPerWord;
    const rows = (to - from) * rowsPerWord;
    const codes = chunk.codesOf(first - chunk.start, rows);
    const products = await this.#products.multiply(codes, stride, this.#coarse);
    if (this.#left.length < rows * this.#scans.length)
      this.#left = new Uint32Array(rows * this.#scans.length);
    this.#sieve(chunk, first, rows, products);
    for (let i = 0; i < this.#scans.length; i++) this.#offer(chunk, i, rows);
  }

  /** Notes by scan the rows that may be near enough. */
  #sieve({ start, numbers }: VectorChunk, first: number, rows: number, products: Int32Array): void {
    const { scales, squares, count } = this.#coarse as CoarseQueries;
    const reaches = this.#reaches;
    const counts = this.#counts.fill(0);
    const left = this.#left;
    for (let row = 0, pair = 0; row < rows; row++) {
      const place = (first + row - start) * numbersPerRow;
      const scale = 2 * (numbers[place] as number);
      const square = numbers[place + 1] as number;
      const error = numbers[place + 2] as number;
      for (let i = 0; i < count; i++, pair++) {
        const both = square + (squares[i] as number);
        const apart = both - scale * (scales[i] as number) * (products[pair] as number);
        const reach = (reaches[i] as number) + error;
        if (apart - both * roundingOfSquare > reach * reach) continue;
        left[i * rows + (counts[i] as number)] = first + row;
        counts[i] = (counts[i] as number) + 1;
      }
    }
  }

  /** Offers what is left of a range to the list of a scan. */
  #offer(chunk: VectorChunk, i: number, rows: number): void {
    const count = this.#counts[i] as number;
    if (count === 0) return;
    const scan = this.#scans[i] as WordScan;
    const { words, list, query } = scan;
    chunk.setQuery(query.codes);
    const single = new SingleRows(chunk, scan);
    for (let at = i * rows; at < i * rows + count; at++) {
      const row = this.#left[at] as number;
      if ((((words[row >>> 5] ?? 0) >>> (row & 31)) & 1) === 0) continue;
      single.add(row);
    }
    single.offer();
    this.#reaches[i] = list.limit + ((this.#coarse as CoarseQueries).errors[i] as number);
  }
}

import { bitsOf } from './bitmap.ts';
import type { Shortlist } from './shortlist.ts';
import { numbersPerRow, rowsPerWord, type VectorChunk } from './vector-chunk.ts';

/** Rows of a word from which it is quicker to multiply all of them. */
const manyOfWord = 16;
/** The rounding of a squared distance of codes, many times over, as a share of what is added for it. */
export const roundingOfSquare = 2 ** -48;

/** The codes of a query, and what follows from them for each row. */
export interface CodedQuery {
  readonly codes: Int16Array;
  readonly scale: number;
  readonly squared: number;
  readonly error: number;
}

/** One query, the rows that may be found, and the list that takes those that are near. */
export interface WordScan {
  readonly query: CodedQuery;
  /** Those of a scan that began before rows were added are shorter than others of its pass. */
  readonly words: Uint32Array;
  readonly list: Shortlist;
}

/** Words from `from` to before `to`, all of one chunk. */
export type WordRange = readonly [from: number, to: number];

/** Offers the rows of a range to a shortlist. */
export function scanWords(chunk: VectorChunk, [from, to]: WordRange, scan: WordScan): void {
  const { words } = scan;
  chunk.setQuery(scan.query.codes);
  const single = new SingleRows(chunk, scan);
  for (let at = from; at < to; at++) {
    const word = words[at];
    if (!word) continue;
    if (bitsOf(word) >= manyOfWord) {
      chunk.multiplyWord(at * rowsPerWord - chunk.start);
      offerWord(chunk, at, scan);
    } else
      for (let rest = word; rest !== 0; rest &= rest - 1)
        single.add(at * rowsPerWord + 31 - Math.clz32(rest & -rest));
  }
  single.offer();
}

/** Rows of a chunk that are multiplied by a query four at a time, and offered to its list. */
export class SingleRows {
  readonly #chunk: VectorChunk;
  readonly #scan: WordScan;
  readonly #rows: Uint32Array = new Uint32Array(4);
  #count = 0;

  /** The codes of the query stand where the kernel reads them. */
  constructor(chunk: VectorChunk, scan: WordScan) {
    this.#chunk = chunk;
    this.#scan = scan;
  }

  add(row: number): void {
    this.#rows[this.#count] = row;
    this.#count += 1;
    if (this.#count === this.#rows.length) this.offer();
  }

  /** Offers those that are left. */
  offer(): void {
    const rows = this.#rows;
    const count = this.#count;
    if (count === 0) return;
    const { start, products } = this.#chunk;
    // What four lack is the first one once more.
    rows.fill(rows[0] as number, count);
    const place = (i: number): number => (rows[i] as number) - start;
    this.#chunk.multiplyFour(place(0), place(1), place(2), place(3));
    for (let i = 0; i < count; i++)
      offerRow(this.#chunk, rows[i] as number, products[i] as number, this.#scan);
    this.#count = 0;
  }
}

/** Offers the rows of a word, whose products are in the chunk. */
function offerWord(chunk: VectorChunk, at: number, scan: WordScan): void {
  for (let rest = scan.words[at] as number; rest !== 0; rest &= rest - 1) {
    const bit = 31 - Math.clz32(rest & -rest);
    offerRow(chunk, at * rowsPerWord + bit, chunk.products[bit] as number, scan);
  }
}

/** Offers a row to the list of a scan, by the product of its codes with the query's. */
function offerRow(
  { numbers, start }: VectorChunk,
  row: number,
  product: number,
  { query, list }: WordScan,
): void {
  const place = (row - start) * numbersPerRow;
  const both = (numbers[place + 1] as number) + query.squared;
  const squared = both - 2 * (numbers[place] as number) * query.scale * product;
  const error = (numbers[place + 2] as number) + query.error;
  const rounding = both * roundingOfSquare;
  const reach = list.limit + error;
  if (squared - rounding > reach * reach) return;
  const least = Math.sqrt(Math.max(0, squared - rounding)) - error;
  list.offer(row, least, Math.sqrt(Math.max(0, squared + rounding)) + error);
}

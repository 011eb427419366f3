import { checkWhole } from '../../arguments.ts';

const wordsFor = (length: number): number => Math.ceil(length / 32);

/** A set of rows, one bit each. Bits from `length` on are 0. */
export class Bitmap {
  #length: number;
  #words: Uint32Array<ArrayBuffer>;

  /**
   * Makes an empty set of rows from 0 to before `length`.
   * @throws RangeError unless `length` is a whole number from 0.
   */
  constructor(length: number) {
    checkWhole('length', length, { from: 0 });
    this.#length = length;
    this.#words = new Uint32Array(wordsFor(length));
  }

  /** Makes the set of all rows from 0 to before `length`. @throws RangeError unless it is a whole number from 0. */
  static full(length: number): Bitmap {
    return new Bitmap(length).invert();
  }

  /** Makes the set of all rows from `first` to before `length`. @throws RangeError unless both are whole numbers from 0. */
  static from(length: number, first: number): Bitmap {
    checkWhole('first', first, { from: 0, to: length });
    const bitmap = Bitmap.full(length);
    bitmap.#words.fill(0, 0, first >>> 5);
    if (first < length) bitmap.#words[first >>> 5] = bitmap.#word(first >>> 5) & (-1 << (first & 31));
    return bitmap;
  }

  /** Makes the set of these rows. @throws RangeError for a row that is not below `length`. */
  static of(length: number, rows: Iterable<number>): Bitmap {
    const bitmap = new Bitmap(length);
    for (const row of rows) bitmap.add(row);
    return bitmap;
  }

  /** Number of rows that may be in it. */
  get length(): number {
    return this.#length;
  }

  /** The bits: row `r` is bit `r & 31` of word `r >>> 5`. Holds until the bitmap grows. */
  get words(): Uint32Array<ArrayBuffer> {
    return this.#words.subarray(0, wordsFor(this.#length));
  }

  /** True if the row is in it; false for one beyond its length. */
  has(row: number): boolean {
    return (((this.#words[row >>> 5] ?? 0) >>> (row & 31)) & 1) === 1;
  }

  /** Puts a row in. @throws RangeError if the row is not below `length`. */
  add(row: number): void {
    this.#check(row);
    this.#words[row >>> 5] = this.#word(row >>> 5) | (1 << (row & 31));
  }

  /** Takes a row out. @throws RangeError if the row is not below `length`. */
  delete(row: number): void {
    this.#check(row);
    this.#words[row >>> 5] = this.#word(row >>> 5) & ~(1 << (row & 31));
  }

  /** Keeps the rows that are in the other too. @returns itself @throws RangeError for another length. */
  and(other: Bitmap): this {
    const { words } = this;
    const others = this.#wordsOf(other);
    for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) & (others[i] as number);
    return this;
  }

  /** Adds the rows of the other. @returns itself @throws RangeError for another length. */
  or(other: Bitmap): this {
    const { words } = this;
    const others = this.#wordsOf(other);
    for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) | (others[i] as number);
    return this;
  }

  /** Takes out the rows of the other. @returns itself @throws RangeError for another length. */
  andNot(other: Bitmap): this {
    const { words } = this;
    const others = this.#wordsOf(other);
    for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) & ~(others[i] as number);
    return this;
  }

  /** Changes it into the set of all other rows below its length. @returns itself */
  invert(): this {
    const { words } = this;
    for (let i = 0; i < words.length; i++) words[i] = ~(words[i] as number);
    const rest = this.#length & 31;
    if (rest > 0) words[words.length - 1] = this.#word(words.length - 1) & (2 ** rest - 1);
    return this;
  }

  /** Counts its rows. */
  count(): number {
    return countOf(this.words);
  }

  /** Counts the rows that are in the other too, without making a set of them. @throws RangeError for another length. */
  countWithin(other: Bitmap): number {
    this.#checkSameLength(other);
    const { words } = this;
    let count = 0;
    for (let i = 0; i < words.length; i++) count += bitsOf(this.#word(i) & other.#word(i));
    return count;
  }

  /** Iterates over its rows, rising. */
  *rows(): Generator<number, void> {
    const { words } = this;
    for (let i = 0; i < words.length; i++)
      for (let word = words[i] as number; word !== 0; word &= word - 1)
        yield 32 * i + 31 - Math.clz32(word & -word);
  }

  /** Lists its rows, rising: faster than `rows`, for 4 bytes per row. */
  toArray(): Uint32Array {
    const { words } = this;
    const rows = new Uint32Array(this.count());
    let at = 0;
    for (let i = 0; i < words.length; i++)
      for (let word = words[i] as number; word !== 0; word &= word - 1)
        rows[at++] = 32 * i + 31 - Math.clz32(word & -word);
    return rows;
  }

  /** Copies it. */
  clone(): Bitmap {
    const copy = new Bitmap(this.#length);
    copy.#words.set(this.words);
    return copy;
  }

  /** Has room for more rows, which are not in it. @throws RangeError if `length` is below today's. */
  grow(length: number): void {
    checkWhole('length', length, { from: this.#length });
    const needed = wordsFor(length);
    if (needed > this.#words.length) {
      const words = new Uint32Array(Math.max(needed, 2 * this.#words.length));
      words.set(this.#words);
      this.#words = words;
    }
    this.#length = length;
  }

  #word(index: number): number {
    return this.#words[index] as number;
  }

  #wordsOf(other: Bitmap): Uint32Array {
    this.#checkSameLength(other);
    return other.words;
  }

  #check(row: number): void {
    checkWhole('row', row, { from: 0, to: this.#length - 1 });
  }

  #checkSameLength(other: Bitmap): void {
    if (other.#length !== this.#length)
      throw new RangeError(`other must have the length ${this.#length}, not ${other.#length}.`);
  }
}

function countOf(words: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < words.length; i++) count += bitsOf(words[i] as number);
  return count;
}

/** Counts the bits of a word, by sums of two, four and eight neighbours. */
export function bitsOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

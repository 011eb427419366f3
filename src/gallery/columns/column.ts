import type { Scalar } from '../../engine/index.ts';
import type { Json } from '../../engine/types.ts';
import { Bitmap } from '../memory/bitmap.ts';
import { Dictionary } from './dictionary.ts';
import { codes } from './values.ts';

/** Marks a row whose code is the number of a list. */
const listFlag = 0x80000000;
const maxKnown = 65_536;

/** Codes for which a condition holds: of values, and of the elements of lists. */
export interface Marks {
  readonly values: Uint8Array;
  /** Of a list one element has to be marked; true and false hold for every list. */
  readonly elements: Uint8Array | boolean;
}

/** The values of one field of all items, by row: for each row a code of 4 bytes, for each different value an entry. */
export class Column {
  readonly dictionary: Dictionary = new Dictionary();
  /** By row. A row from its end on has no value. */
  #codes = new Uint32Array(0);
  /** The different lists, one after the other, as the codes of their elements. */
  #elements = new Uint32Array(0);
  /** The end of each list in `#elements`; where it begins is the end of the list before. */
  #ends = new Uint32Array(0);
  #lists = 0;
  /** The first of the lists by their codes: where all are different, it would only take memory. */
  readonly #known = new Map<string, number>();
  #overwritten = 0;

  /** Bytes that it takes. */
  get byteLength(): number {
    return (
      this.#codes.byteLength + this.#elements.byteLength + this.#ends.byteLength + this.dictionary.byteLength
    );
  }

  /** Number of values that were replaced by others: their entries stay. */
  get overwritten(): number {
    return this.#overwritten;
  }

  /** Sets the value of a row; undefined for none. */
  set(row: number, value: Json | undefined): void {
    const before = this.#codes[row] ?? codes.missing;
    const code = this.#codeOf(value);
    if (code === before) return;
    if (before !== codes.missing) this.#overwritten += 1;
    if (row >= this.#codes.length) this.#grow(row + 1);
    this.#codes[row] = code;
  }

  /** Finds the rows below `length` for whose value the marks hold. */
  rowsWhere({ values, elements }: Marks, length: number): Bitmap {
    if (this.#codes.length === 0)
      return values[codes.missing] === 1 ? Bitmap.full(length) : new Bitmap(length);
    if (length > this.#codes.length) this.#grow(length);
    const found = new Bitmap(length);
    if (this.#lists === 0) markRows(found.words, this.#codes, values, length);
    else markListed(found.words, this.#codes, { values, lists: this.#marksOf(elements), length });
    return found;
  }

  /**
   * The codes of the first `length` rows, for loops over many of them; undefined if some may be lists, or no row has a value. Holds until
   * a row is set.
   */
  plainCodes(length: number): Uint32Array | undefined {
    if (this.#lists > 0 || this.#codes.length === 0) return undefined;
    if (length > this.#codes.length) this.#grow(length);
    return this.#codes;
  }

  /** Calls back with the codes of a row's value, of a list with those of its elements, each once. */
  visit(row: number, take: (code: number) => void): void {
    const code = this.#codes[row] ?? codes.missing;
    if (code < listFlag) take(code);
    else {
      const end = this.#ends[code - listFlag] as number;
      for (let i = this.#startOf(code - listFlag); i < end; i += 1) take(this.#elements[i] as number);
    }
  }

  /** The code of a row's value; undefined for a list. */
  codeAt(row: number): number | undefined {
    const code = this.#codes[row] ?? codes.missing;
    return code < listFlag ? code : undefined;
  }

  /** Takes the places of the rows that are left: `from[row]` is the row before. */
  compacted(from: Uint32Array): void {
    if (this.#codes.length === 0) return;
    const before = this.#codes;
    this.#codes = new Uint32Array(from.length);
    for (let row = 0; row < from.length; row += 1)
      this.#codes[row] = before[from[row] as number] ?? codes.missing;
  }

  #startOf(list: number): number {
    return list === 0 ? 0 : (this.#ends[list - 1] as number);
  }

  /** Marks the lists one of whose elements is marked. */
  #marksOf(elements: Uint8Array | boolean): Uint8Array {
    const marks = new Uint8Array(this.#lists);
    if (typeof elements === 'boolean') return marks.fill(Number(elements));
    for (let list = 0, i = 0; list < marks.length; list += 1) {
      const end = this.#ends[list] as number;
      let mark = 0;
      for (; i < end; i += 1) mark |= elements[this.#elements[i] as number] as number;
      marks[list] = mark;
    }
    return marks;
  }

  #codeOf(value: Json | undefined): number {
    if (value === undefined) return codes.missing;
    if (Array.isArray(value)) return listFlag + this.#add(value);
    return this.#codeOfElement(value);
  }

  #codeOfElement(value: Json): number {
    return typeof value === 'object' && value !== null
      ? codes.object
      : this.dictionary.codeOf(value as Scalar);
  }

  /** Returns the number of a list. */
  #add(list: readonly Json[]): number {
    const elements = [...new Set(list.map((value) => this.#codeOfElement(value)))];
    const key = elements.join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const number = this.#lists;
    const start = this.#startOf(number);
    this.#elements = withRoom(this.#elements, start + elements.length);
    this.#elements.set(elements, start);
    this.#ends = withRoom(this.#ends, number + 1);
    this.#ends[number] = start + elements.length;
    this.#lists += 1;
    if (this.#known.size < maxKnown) this.#known.set(key, number);
    return number;
  }

  #grow(length: number): void {
    this.#codes = withRoom(this.#codes, length);
  }
}

/** Returns an array that has that length at least. */
function withRoom(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  if (length <= array.length) return array;
  const grown = new Uint32Array(Math.max(64, length, Math.ceil(1.5 * array.length)));
  grown.set(array);
  return grown;
}

/** Sets the bit of each row whose value or list is marked, 32 rows at a time. */
function markListed(
  words: Uint32Array,
  rows: Uint32Array,
  {
    values,
    lists,
    length,
  }: { readonly values: Uint8Array; readonly lists: Uint8Array; readonly length: number },
): void {
  for (let i = 0; i < words.length; i += 1) {
    const end = Math.min(length, 32 * i + 32);
    let word = 0;
    for (let row = 32 * i; row < end; row += 1) {
      const code = rows[row] as number;
      word |= ((code < listFlag ? values[code] : lists[code - listFlag]) as number) << (row & 31);
    }
    words[i] = word;
  }
}

/** Sets the bit of each row whose code is marked, 32 rows at a time. */
function markRows(words: Uint32Array, rows: Uint32Array, marks: Uint8Array, length: number): void {
  const whole = length >>> 5;
  for (let i = 0; i < whole; i += 1) {
    let word = 0;
    for (let row = 32 * i, bit = 0; bit < 32; row += 1, bit += 1)
      word |= (marks[rows[row] as number] as number) << bit;
    words[i] = word;
  }
  for (let row = 32 * whole; row < length; row += 1)
    if (marks[rows[row] as number] === 1) words[whole] = (words[whole] as number) | (1 << (row & 31));
}

import type { Json } from '../../engine/types.ts';
import { Bitmap } from '../memory/bitmap.ts';
import { codes, Dictionary, type Scalar } from './dictionary.ts';

/** Marks a row whose code is the place of a list. */
const listFlag = 0x80000000;

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
  /** The lists one after the other, each as its length and the codes of its elements. */
  #lists = new Uint32Array(0);
  #listsEnd = 0;
  #overwritten = 0;

  /** Bytes that it takes. */
  get byteLength(): number {
    return this.#codes.byteLength + this.#lists.byteLength + this.dictionary.byteLength;
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
    if (this.#listsEnd === 0) markRows(found.words, this.#codes, values, length);
    else for (let row = 0; row < length; row += 1) if (this.#holds(row, values, elements)) found.add(row);
    return found;
  }

  /** Gives the codes of a row's value, of a list those of its elements, each once. */
  visit(row: number, take: (code: number) => void): void {
    const code = this.#codes[row] ?? codes.missing;
    if (code < listFlag) take(code);
    else {
      const at = code - listFlag;
      const length = this.#lists[at] as number;
      for (let i = 1; i <= length; i += 1) take(this.#lists[at + i] as number);
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

  #holds(row: number, values: Uint8Array, elements: Uint8Array | boolean): boolean {
    const code = this.#codes[row] as number;
    if (code < listFlag) return values[code] === 1;
    if (typeof elements === 'boolean') return elements;
    const at = code - listFlag;
    const end = at + (this.#lists[at] as number);
    for (let i = at + 1; i <= end; i += 1) if (elements[this.#lists[i] as number] === 1) return true;
    return false;
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

  /** Adds a list. Returns its place. */
  #add(list: readonly Json[]): number {
    const elements = new Set(list.map((value) => this.#codeOfElement(value)));
    const place = this.#listsEnd;
    const end = place + 1 + elements.size;
    if (end > this.#lists.length) {
      const lists = new Uint32Array(Math.max(64, 2 * end));
      lists.set(this.#lists);
      this.#lists = lists;
    }
    this.#lists[place] = elements.size;
    this.#lists.set([...elements], place + 1);
    this.#listsEnd = end;
    return place;
  }

  #grow(length: number): void {
    const grown = new Uint32Array(Math.max(64, length, Math.ceil(1.5 * this.#codes.length)));
    grown.set(this.#codes);
    this.#codes = grown;
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

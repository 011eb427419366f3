import { maxComparedText, type Scalar } from '../../engine/index.ts';
import { copyTo, firstSix, maxShort, scratch, sought, write } from './sought-value.ts';
import { hashOfBytes, hashOfNumber } from './value-hash.ts';
import { codes, type Interval, isLongNumber, knownCode, maxTextBytes } from './values.ts';

const kinds = { number: 1, text: 2, longText: 3 } as const;

/** Codes up to which short values are also kept as they are. */
const maxFew = 1024;

/**
 * The different numbers and texts of a column, each by a code. They stand outside the JavaScript heap: texts as UTF-8, whose
 * order is that of code points, one after the other.
 */
export class Dictionary {
  #size: number = codes.first;
  #kinds = new Uint8Array(16);
  /** The numbers, and of texts the first six bytes as one, which has their order as far as it differs. */
  #numbers = new Float64Array(16);
  /** The end of each text in `#bytes`; where it begins is the end of the code before it. */
  #ends = new Uint32Array(16);
  #bytes = Buffer.alloc(64);
  /** Codes by hash; 0 is free. */
  #slots = new Uint32Array(32);
  /** The codes of short values while there are few, which are then found in a third of the time. */
  #few: Map<string | number, number> | undefined = new Map();
  /** Codes of texts that are numbers of more than 15 digits. */
  readonly longNumbers: number[] = [];

  /** Number of codes, those of every dictionary included. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that it takes. */
  get byteLength(): number {
    const arrays = [this.#kinds, this.#numbers, this.#ends, this.#bytes, this.#slots];
    return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** True if a text had no room: its code is that of an object. */
  isFull = false;

  /** Returns the code of a value, a new one for a new value. */
  codeOf(value: Scalar): number {
    const known = knownCode(value) ?? this.#few?.get(value as string | number);
    if (known !== undefined) return known;
    const length = write(value as string | number);
    const slot = this.#slotOf(length);
    const code =
      this.#slots[slot] ||
      this.#add(length, slot, typeof value === 'string' && value.length > maxComparedText);
    if (this.#few !== undefined && length <= maxShort) this.#few.set(value as string | number, code);
    if (this.#size > maxFew) this.#few = undefined;
    return code;
  }

  /** Returns the code of a value; undefined if nothing has it. */
  find(value: Scalar): number | undefined {
    const known = knownCode(value);
    if (known !== undefined) return known;
    return this.#slots[this.#slotOf(write(value as string | number))] || undefined;
  }

  /** Returns the value of a code; undefined for what has none: a missing one, an object, a text of more than 4,096 characters. */
  valueAt(code: number): Scalar | undefined {
    if (code === codes.null) return null;
    if (code < codes.first) return code < codes.false ? undefined : code === codes.true;
    const kind = this.#kinds[code];
    if (kind === kinds.number) return this.#numbers[code];
    return kind === kinds.text
      ? this.#bytes.toString('utf8', this.#start(code), this.#ends[code])
      : undefined;
  }

  /** True for a code of a text, number or boolean that can be told. */
  hasValue(code: number): boolean {
    return code >= codes.first ? this.#kinds[code] !== kinds.longText : code >= codes.false;
  }

  /** Returns the number of a code; NaN if it has none. */
  numberAt(code: number): number {
    return this.#kinds[code] === kinds.number ? (this.#numbers[code] as number) : Number.NaN;
  }

  /** Marks the codes of the numbers, or texts, of an interval; of none if its ends are of both types. */
  markWithin(marks: Uint8Array, { low, high }: Interval): void {
    const types = new Set([low, high].flatMap((end) => (end === undefined ? [] : [typeof end.value])));
    if (types.size !== 1) return;
    if (types.has('number')) this.#markNumbers(marks, low?.value as number, high?.value as number);
    else this.#markTexts(marks, low?.value as string, high?.value as string);
    for (const end of [low, high]) {
      const code = end?.open ? this.find(end.value) : undefined;
      if (code !== undefined) marks[code] = 0;
    }
  }

  #markNumbers(marks: Uint8Array, low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY): void {
    const numbers = this.#numbers;
    const ofKind = this.#kinds;
    const size = this.#size;
    // Without a branch, which would be foreseen wrongly as often as not.
    for (let code: number = codes.first; code < size; code += 1) {
      const value = numbers[code] as number;
      const isNumber = Number(ofKind[code] === kinds.number);
      marks[code] = Number(value >= low) & Number(value <= high) & isNumber;
    }
  }

  #markTexts(marks: Uint8Array, low: string | undefined, high: string | undefined): void {
    const from = low === undefined ? undefined : Buffer.from(low);
    const to = high === undefined ? undefined : Buffer.from(high);
    for (let code: number = codes.first; code < this.#size; code += 1) {
      if (!this.#isText(code) || (from && this.#compare(code, from) < 0)) continue;
      if (to === undefined || this.#compare(code, to) <= 0) marks[code] = 1;
    }
  }

  /** Marks the codes of texts that begin with `text`. */
  markPrefixed(marks: Uint8Array, text: string): void {
    const wanted = Buffer.from(text);
    const bytes = this.#bytes;
    for (let code: number = codes.first; code < this.#size; code += 1) {
      const start = this.#ends[code - 1] as number;
      if ((this.#ends[code] as number) - start < wanted.length || !this.#isText(code)) continue;
      let i = 0;
      while (i < wanted.length && bytes[start + i] === wanted[i]) i += 1;
      if (i === wanted.length) marks[code] = 1;
    }
  }

  /** The order of two codes' values: null, false, true, numbers, texts; numbers by size, texts by code point. */
  compare(a: number, b: number): number {
    if (a < codes.first || b < codes.first) return Math.sign(a - b);
    if (this.#kinds[a] !== this.#kinds[b])
      return Math.sign((this.#kinds[a] as number) - (this.#kinds[b] as number));
    if (this.#kinds[a] === kinds.number) return Math.sign(this.numberAt(a) - this.numberAt(b));
    return this.#compare(a, this.#bytes, this.#start(b), this.#ends[b]);
  }

  /** True only where `compare` is above 0, and for most of those: sooner told. */
  isSurelyAfter(a: number, b: number): boolean {
    return this.#kinds[a] === this.#kinds[b] && (this.#numbers[a] as number) > (this.#numbers[b] as number);
  }

  #isText(code: number): boolean {
    return (this.#kinds[code] as number) >= kinds.text;
  }

  #start(code: number): number {
    return this.#ends[code - 1] as number;
  }

  /** Compares a code's text with some bytes, or with a part of them. */
  #compare(code: number, others: Uint8Array, from = 0, to = others.length): -1 | 0 | 1 {
    const bytes = this.#bytes;
    const start = this.#start(code);
    const length = (this.#ends[code] as number) - start;
    const shared = Math.min(length, to - from);
    for (let i = 0; i < shared; i += 1) {
      const difference = (bytes[start + i] as number) - (others[from + i] as number);
      if (difference !== 0) return difference < 0 ? -1 : 1;
    }
    return Math.sign(length - (to - from)) as -1 | 0 | 1;
  }

  /** The slot of the value in `scratch` or, for a length of -1, in `sought`: that of its code, or the free one for it. */
  #slotOf(length: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (length === -1 ? hashOfNumber(sought) : hashOfBytes(scratch, 0, length)) & mask;
    for (let code = slots[slot]; code !== 0; code = slots[slot]) {
      if (this.#is(code as number, length)) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #is(code: number, length: number): boolean {
    if (length === -1) return this.#kinds[code] === kinds.number && this.#numbers[code] === sought;
    const start = this.#start(code);
    if (!this.#isText(code) || (this.#ends[code] as number) - start !== length) return false;
    const bytes = this.#bytes;
    for (let i = 0; i < length; i += 1) if (bytes[start + i] !== scratch[i]) return false;
    return true;
  }

  #add(length: number, slot: number, isLong: boolean): number {
    const code = this.#size;
    const end = this.#start(code);
    if (length > 0 && end + length > maxTextBytes) {
      this.isFull = true;
      return codes.object;
    }
    this.#reserve(length);
    this.#size += 1;
    this.#kinds[code] = length === -1 ? kinds.number : isLong ? kinds.longText : kinds.text;
    this.#ends[code] = end + Math.max(0, length);
    if (length === -1) this.#numbers[code] = sought;
    else {
      this.#numbers[code] = firstSix(length);
      copyTo(this.#bytes, end, length);
      if (isLongNumber(scratch, length)) this.longNumbers.push(code);
    }
    this.#slots[slot] = code;
    if (2 * this.#size > this.#slots.length) this.#rehash();
    return code;
  }

  /** Makes room for one more value. */
  #reserve(length: number): void {
    if (this.#size === this.#kinds.length) {
      this.#kinds = grown(this.#kinds, new Uint8Array(2 * this.#size));
      this.#ends = grown(this.#ends, new Uint32Array(2 * this.#size));
      this.#numbers = grown(this.#numbers, new Float64Array(2 * this.#size));
    }
    const needed = this.#start(this.#size) + length;
    if (needed > this.#bytes.length)
      this.#bytes = grown(this.#bytes, Buffer.alloc(Math.max(needed, 2 * this.#bytes.length)));
  }

  #rehash(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let code: number = codes.first; code < this.#size; code += 1) {
      let slot = this.#hashAt(code) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = code;
    }
    this.#slots = slots;
  }

  #hashAt(code: number): number {
    if (this.#kinds[code] === kinds.number) return hashOfNumber(this.#numbers[code] as number);
    return hashOfBytes(this.#bytes, this.#start(code), this.#ends[code] as number);
  }
}

function grown<T extends Uint8Array | Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

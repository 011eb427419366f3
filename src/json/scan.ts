import { isUtf8 } from 'node:buffer';

/** The limits of a JSON text. */
export interface JsonLimits {
  /** The most bytes of the text. */
  readonly bytes: number;
  /** The most arrays and objects inside one another. */
  readonly depth: number;
  /** The most values in all. Every array, object, string, number, true, false and null is a value; a key is not. */
  readonly nodes: number;
  /** The most elements of one array or members of one object. */
  readonly elements: number;
  /** True to allow the key `__proto__`: `JSON.parse` treats it like any other, but code that copies objects may not. Default false. */
  readonly allowsProto?: boolean | undefined;
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const byteOrderMark = [0xef, 0xbb, 0xbf];
const forbiddenKey = Buffer.from('__proto__');

/** Returns the beginning of the text, after a byte order mark if there is one. */
export const startOf = (bytes: Uint8Array): number =>
  byteOrderMark.every((byte, at) => bytes[at] === byte) ? byteOrderMark.length : 0;

/** An error for a text that is beyond its limits or must not become objects. */
export class JsonLimitError extends RangeError {
  /** True if the text has too many bytes; then nothing else was checked. */
  readonly isTooLong: boolean;
  /** The limit that the text exceeds, by name. */
  readonly details: Readonly<Record<string, number>>;

  constructor(message: string, details: Readonly<Record<string, number>> = {}, isTooLong = false) {
    super(message);
    this.details = details;
    this.isTooLong = isTooLong;
  }
}

/** The findings of a scan of a JSON text. */
export interface JsonScan {
  /** The number of values. */
  readonly values: number;
  /** Offsets in bytes of the whole numbers beyond ±(2^53 - 1), which `JSON.parse` rounds: for each in turn its begin, the end of its digits, and its end behind `.000`. */
  readonly wholes: readonly number[];
}

/**
 * Scans the bytes of a JSON text once and counts the values that `JSON.parse` would make, before it makes them. It does not
 * find syntax errors, but scans a text exactly up to its first error.
 *
 * @throws JsonLimitError if the text is beyond a limit, is not UTF-8, or has a key `__proto__` that is not allowed
 */
export function scanJson(bytes: Uint8Array, limits: JsonLimits): JsonScan {
  if (bytes.length > limits.bytes) {
    const message = `The JSON has ${bytes.length} bytes, more than the ${limits.bytes} allowed here.`;
    throw new JsonLimitError(message, { maxBytes: limits.bytes }, true);
  }
  if (!isUtf8(bytes)) throw new JsonLimitError('The JSON is not valid UTF-8.');
  return new Scanner(bytes, limits).scan();
}

const beyond = (name: string, most: number, unit: string): JsonLimitError =>
  new JsonLimitError(`The JSON has more than ${most} ${unit}.`, { [name]: most });

class Scanner {
  readonly #bytes: Uint8Array;
  readonly #limits: JsonLimits;
  /** The number of elements so far, for each open array and object. */
  readonly #counts: Uint32Array;
  readonly #isObject: Uint8Array;
  #depth = 0;
  #nodes = 0;
  #at: number;
  #expectsKey = false;
  readonly #wholes: number[] = [];

  constructor(bytes: Uint8Array, limits: JsonLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
    this.#counts = new Uint32Array(limits.depth + 1);
    this.#isObject = new Uint8Array(limits.depth + 1);
    this.#at = startOf(bytes);
  }

  scan(): JsonScan {
    const bytes = this.#bytes;
    while (this.#at < bytes.length) {
      const byte = bytes[this.#at] as number;
      if (byte === quote) this.#text();
      else if (byte === openBrace || byte === openBracket) this.#open(byte === openBrace);
      else if (byte === closeBrace || byte === closeBracket) this.#close();
      else if (byte === comma) this.#separate();
      else if (byte === colon || byte <= 0x20) this.#at += 1;
      else this.#scalar();
    }
    return { values: this.#nodes, wholes: this.#wholes };
  }

  #open(isObject: boolean): void {
    this.#value();
    if (this.#depth === this.#limits.depth)
      throw beyond('maxDepth', this.#limits.depth, 'levels of arrays and objects');
    this.#depth += 1;
    this.#counts[this.#depth] = 0;
    this.#isObject[this.#depth] = isObject ? 1 : 0;
    this.#expectsKey = isObject;
    this.#at += 1;
  }

  #close(): void {
    if (this.#depth > 0) this.#depth -= 1;
    this.#expectsKey = false;
    this.#at += 1;
  }

  #separate(): void {
    this.#expectsKey = this.#isObject[this.#depth] === 1;
    this.#at += 1;
  }

  /** Counts a value, which begins here. */
  #value(): void {
    this.#nodes += 1;
    if (this.#nodes > this.#limits.nodes) throw beyond('maxValues', this.#limits.nodes, 'values');
    if (this.#depth > 0 && this.#isObject[this.#depth] === 0) this.#element();
  }

  #element(): void {
    const count = (this.#counts[this.#depth] as number) + 1;
    this.#counts[this.#depth] = count;
    if (count > this.#limits.elements)
      throw beyond('maxElements', this.#limits.elements, 'elements in one array or object');
  }

  /** Skips a key or a string, to the next quote that is not escaped. */
  #text(): void {
    const bytes = this.#bytes;
    const start = this.#at + 1;
    let at = start;
    let escapes = false;
    while (at < bytes.length && bytes[at] !== quote) {
      if (bytes[at] === backslash) {
        escapes = true;
        at += 1;
      }
      at += 1;
    }
    this.#at = at + 1;
    if (!this.#expectsKey) {
      this.#value();
      return;
    }
    this.#expectsKey = false;
    this.#element();
    if (!this.#limits.allowsProto && isForbidden(bytes.subarray(start, at), escapes))
      throw new JsonLimitError('No key may be "__proto__".');
  }

  /** Skips a number, true, false or null, or an error of syntax. */
  #scalar(): void {
    this.#value();
    const bytes = this.#bytes;
    let at = this.#at + 1;
    while (at < bytes.length && !ends(bytes[at] as number)) at += 1;
    // In the place of a key no number may stand, and none must become a text that may.
    if (at - this.#at >= largestWhole.length && !this.#expectsKey) {
      const end = endOfDigits(bytes, this.#at, at);
      if (isLargeWhole(bytes, this.#at, end)) this.#wholes.push(this.#at, end, at);
    }
    this.#at = at;
  }
}

/** The digits of 2^53 - 1, the largest whole number below which all are exact. */
const largestWhole = Buffer.from(String(Number.MAX_SAFE_INTEGER));
const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;
const nine = 0x39;

/** Returns the end of a number without what has no value: a point with zeros alone behind it. */
function endOfDigits(bytes: Uint8Array, from: number, end: number): number {
  let at = end;
  while (at > from && bytes[at - 1] === zero) at -= 1;
  return at < end && bytes[at - 1] === point ? at - 1 : end;
}

/** True if the bytes are a whole number of JSON, in digits alone, whose absolute value is above 2^53 - 1. */
function isLargeWhole(bytes: Uint8Array, from: number, end: number): boolean {
  const start = bytes[from] === minus ? from + 1 : from;
  const digits = end - start;
  if (digits < largestWhole.length || bytes[start] === zero) return false;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte < zero || byte > nine) return false;
  }
  return digits > largestWhole.length || largestWhole.compare(bytes, start, end) < 0;
}

/** True if a number or a word ends before this byte. */
const ends = (byte: number): boolean =>
  byte <= 0x20 ||
  byte === comma ||
  byte === closeBracket ||
  byte === closeBrace ||
  byte === colon ||
  byte === quote ||
  byte === openBracket ||
  byte === openBrace;

/** True if a key, between its quotes, is `__proto__`, which has a meaning in JavaScript. */
function isForbidden(key: Uint8Array, escapes: boolean): boolean {
  if (!escapes) return key.length === forbiddenKey.length && forbiddenKey.equals(key);
  try {
    return JSON.parse(`"${Buffer.from(key).toString()}"`) === '__proto__';
  } catch {
    return false;
  }
}

import { isUtf8 } from 'node:buffer';

/** How much one JSON text may hold. */
export interface JsonLimits {
  /** Bytes of the text. */
  readonly bytes: number;
  /** Arrays and objects inside one another. */
  readonly depth: number;
  /** Values in all: every array, object, string, number, true, false and null is one; keys are none. */
  readonly nodes: number;
  /** Elements of one array, members of one object. */
  readonly elements: number;
  /** Let a key be `__proto__`. `JSON.parse` makes a key like any other of it, but code that copies objects may not. Default false. */
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

/** Where the text begins: after a byte order mark, if there is one. */
export const startOf = (bytes: Uint8Array): number =>
  byteOrderMark.every((byte, at) => bytes[at] === byte) ? byteOrderMark.length : 0;

/** A text that is beyond its limits, or that no reader should make objects of. */
export class JsonLimitError extends RangeError {
  /** True if it has too many bytes, and nothing else is known of it. */
  readonly isTooLong: boolean;
  /** The limit that it exceeds, by name. */
  readonly details: Readonly<Record<string, number>>;

  constructor(message: string, details: Readonly<Record<string, number>> = {}, isTooLong = false) {
    super(message);
    this.details = details;
    this.isTooLong = isTooLong;
  }
}

/**
 * Looks through the bytes of a JSON text once, and counts what `JSON.parse` would make of them before it makes it. What
 * is no JSON at all is left for `JSON.parse` to find: up to its first error a text is counted exactly.
 * @returns how many values it holds.
 * @throws JsonLimitError for too many bytes, bytes that are no UTF-8, a key `__proto__` (unless that is allowed), and for more than one of the
 * other limits allows.
 */
export function scanJson(bytes: Uint8Array, limits: JsonLimits): number {
  if (bytes.length > limits.bytes) {
    const message = `The JSON has ${bytes.length} bytes, more than the ${limits.bytes} allowed here`;
    throw new JsonLimitError(message, { maxBytes: limits.bytes }, true);
  }
  if (!isUtf8(bytes)) throw new JsonLimitError('The JSON is not valid UTF-8');
  return new Scanner(bytes, limits).scan();
}

const beyond = (what: string, name: string, most: number): JsonLimitError =>
  new JsonLimitError(`The JSON has more than ${most} ${what}`, { [name]: most });

class Scanner {
  readonly #bytes: Uint8Array;
  readonly #limits: JsonLimits;
  /** Of each open array and object: how many elements it has so far. */
  readonly #counts: Uint32Array;
  readonly #isObject: Uint8Array;
  #depth = 0;
  #nodes = 0;
  #at: number;
  #expectsKey = false;

  constructor(bytes: Uint8Array, limits: JsonLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
    this.#counts = new Uint32Array(limits.depth + 1);
    this.#isObject = new Uint8Array(limits.depth + 1);
    this.#at = startOf(bytes);
  }

  scan(): number {
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
    return this.#nodes;
  }

  #open(isObject: boolean): void {
    this.#value();
    if (this.#depth === this.#limits.depth)
      throw beyond('levels of arrays and objects', 'maxDepth', this.#limits.depth);
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

  /** A value begins. */
  #value(): void {
    this.#nodes += 1;
    if (this.#nodes > this.#limits.nodes) throw beyond('values', 'maxValues', this.#limits.nodes);
    if (this.#depth > 0 && this.#isObject[this.#depth] === 0) this.#element();
  }

  #element(): void {
    const count = (this.#counts[this.#depth] as number) + 1;
    this.#counts[this.#depth] = count;
    if (count > this.#limits.elements)
      throw beyond('elements in one array or object', 'maxElements', this.#limits.elements);
  }

  /** A key or a string: its end is the next quote that is not escaped. */
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
      throw new JsonLimitError('No key may be "__proto__"');
  }

  /** A number, true, false or null; or what is no JSON. */
  #scalar(): void {
    this.#value();
    const bytes = this.#bytes;
    let at = this.#at + 1;
    while (at < bytes.length && !ends(bytes[at] as number)) at += 1;
    this.#at = at;
  }
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

/** True if a key, between its quotes, is the one that JavaScript gives a meaning of its own. */
function isForbidden(key: Uint8Array, escapes: boolean): boolean {
  if (!escapes) return key.length === forbiddenKey.length && forbiddenKey.equals(key);
  try {
    return JSON.parse(`"${Buffer.from(key).toString()}"`) === '__proto__';
  } catch {
    return false;
  }
}

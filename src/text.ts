import { isUtf8 } from 'node:buffer';
import { SnapshelfError } from './errors.ts';

const lineFeed = 0x0a;

/** The number of the first line, from 1, that is not UTF-8: no character of several bytes contains a line feed. */
function firstBadLine(bytes: Uint8Array): { readonly line: number; readonly text: Uint8Array } {
  let line = 1;
  for (let start = 0; ; line += 1) {
    const end = bytes.indexOf(lineFeed, start);
    const text = bytes.subarray(start, end < 0 ? undefined : end);
    if (end < 0 || !isUtf8(text)) return { line, text };
    start = end + 1;
  }
}

const startsWith = (bytes: Uint8Array, ...mark: readonly number[]): boolean =>
  mark.every((byte, at) => bytes[at] === byte);

const isUtf16 = (bytes: Uint8Array): boolean =>
  startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff);

/** Prints bytes that should be UTF-8, such as a file's name: those that are not in it as `\xE9`. */
export function shownBytes(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((size) => isUtf8(bytes.subarray(at, at + size)));
    const piece = bytes.subarray(at, at + (length ?? 1));
    text +=
      length === undefined ? `\\x${Buffer.from(piece).toString('hex').toUpperCase()}` : piece.toString();
    at += piece.length;
  }
  return text;
}

/** Prints a text of a stranger in one line: control characters and those that show nothing as `\u{200b}`. */
export const visible = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u00a0]/gu,
    (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`,
  );

/**
 * Decodes a text that has to be UTF-8. A byte order mark at its beginning is removed.
 *
 * @param where - what the text is, to begin the message with, such as `The manifest shop.csv`
 * @throws SnapshelfError `text-not-utf8` with the first line, from 1, that is not UTF-8
 */
export function decodeUtf8(bytes: Uint8Array, where: string): string {
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes);
  const { line, text } = firstBadLine(bytes);
  const reason = isUtf16(bytes)
    ? ' is UTF-16 text, not UTF-8.'
    : `, line ${line} is not UTF-8 text: "${visible(shownBytes(text.subarray(0, 200)).slice(0, 100))}".`;
  throw new SnapshelfError('text-not-utf8', `${where}${reason} Save it as UTF-8.`, { details: { line } });
}

/** Returns the one spelling (Unicode's NFC) of an id, a label or a product id: `é` can be one character or two. */
export const canonical = (text: string): string => text.normalize('NFC');

/** Lists the spellings under which a text may have been stored, without repetition: as it is, then NFC, then NFD. */
export const spellingsOf = (text: string): string[] => [
  ...new Set([text, canonical(text), text.normalize('NFD')]),
];

/** Blanks, and characters that show nothing: zero-width ones and marks of direction, which come along when names are copied. */
const blank = /^[\s\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]$/u;

/**
 * Returns the one spelling of an id, a label or a product id, without blanks and characters that show nothing at its ends.
 * A caller tells the user how many it changed beyond the spelling.
 */
export function trimmedText(text: string): string {
  const whole = canonical(text);
  let start = 0;
  let end = whole.length;
  while (start < end && blank.test(whole.charAt(start))) start += 1;
  while (end > start && blank.test(whole.charAt(end - 1))) end -= 1;
  return whole.slice(start, end);
}

/** Trims ids, labels and product ids, and counts those that it changed. */
export class Trimmer {
  #count = 0;
  #first = '';

  /**
   * Returns the text as `trimmedText` does.
   *
   * @param where - names the text for a person, such as `line 3, label`
   */
  trim(text: string, where: () => string): string {
    const trimmed = trimmedText(text);
    if (trimmed.length !== canonical(text).length) {
      this.#count += 1;
      if (this.#count === 1) this.#first = `${where()}: "${visible(text.slice(0, 100))}"`;
    }
    return trimmed;
  }

  /** Returns a sentence about the texts that were changed; none if there are none. */
  notes(): string[] {
    if (this.#count === 0) return [];
    const first = this.#count === 1 ? '' : ' the first';
    return [`Removed the blanks at the ends of ${counted(this.#count, 'text')},${first} ${this.#first}.`];
  }
}

/** Lists the first of `count` names and the number of the others: `a, b and 3 more`. */
export const listed = (first: readonly string[], count: number): string =>
  first.join(', ') + (count > first.length ? ` and ${count - first.length} more` : '');

/** Returns a count with its noun: `1 picture`, `2 pictures`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

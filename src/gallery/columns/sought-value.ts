import { maxComparedText } from '../../engine/index.ts';

/** Bytes of a text up to which loops over them are quicker than calls of Node's. */
export const maxShort = 64;

/** The text that is looked for, as UTF-8. */
export let scratch: Buffer = Buffer.alloc(4096);
/** The number that is looked for. */
export let sought = 0;

/** Writes a text, as far as filters can tell it from others, into `scratch`, and returns its bytes; or a number into `sought`, and returns -1. */
export function write(value: string | number): number {
  if (typeof value === 'number') {
    sought = value === 0 ? 0 : value;
    return -1;
  }
  return value.length <= maxShort && writeAscii(value) ? value.length : writeText(value);
}

/** Writes a text of ASCII characters. Returns false for any other, of which a part may be written. */
function writeAscii(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 127) return false;
    scratch[i] = code;
  }
  return true;
}

function writeText(text: string): number {
  const compared = text.length > maxComparedText ? text.slice(0, maxComparedText + 1) : text;
  if (3 * compared.length > scratch.length) scratch = Buffer.alloc(3 * compared.length);
  return scratch.write(compared, 'utf8');
}

/** Returns the first six bytes of the text in `scratch` as one number. */
export function firstSix(length: number): number {
  let first = 0;
  for (let i = 0; i < 6; i += 1) first = 256 * first + (i < length ? (scratch[i] as number) : 0);
  return first;
}

/** Copies the text in `scratch` to a place in some bytes. */
export function copyTo(bytes: Buffer, start: number, length: number): void {
  if (length > maxShort) scratch.copy(bytes, start, 0, length);
  else for (let i = 0; i < length; i += 1) bytes[start + i] = scratch[i] as number;
}

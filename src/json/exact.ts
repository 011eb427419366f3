import { type JsonLimits, scanJson, startOf } from './scan.ts';

const quote = 0x22;

/** Returns the text with each of `wholes` between quotes. */
function quoted(bytes: Uint8Array, wholes: readonly number[]): Buffer {
  const made = Buffer.allocUnsafe(bytes.length + wholes.length);
  let from = 0;
  for (const [place, at] of wholes.entries()) {
    made.set(bytes.subarray(from, at), from + place);
    made[at + place] = quote;
    from = at;
  }
  made.set(bytes.subarray(from), from + wholes.length);
  return made;
}

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8', startOf(bytes));

/**
 * Parses a JSON text within limits, with numbers as `JSON.parse` reads them. A byte order mark at the beginning is ignored.
 *
 * @throws JsonLimitError if the text is beyond a limit, is not UTF-8, or has a key `__proto__` that is not allowed
 * @throws SyntaxError if it is not JSON
 */
export function parsePlainly(bytes: Uint8Array, limits: JsonLimits): unknown {
  scanJson(bytes, limits);
  return JSON.parse(textOf(bytes));
}

/** A JSON value with the number of values that it is made of. */
export interface ExactJson {
  readonly value: unknown;
  readonly values: number;
}

/**
 * Parses a JSON text that somebody else wrote, within limits, so that nothing of it is rounded: a whole number beyond
 * ±(2^53 - 1) becomes a text, its digits as they were written. A byte order mark at the beginning is ignored.
 *
 * @throws JsonLimitError if the text is beyond a limit, is not UTF-8, or has a key `__proto__` that is not allowed
 * @throws SyntaxError if it is not JSON
 */
export function parseExactly(bytes: Uint8Array, limits: JsonLimits): ExactJson {
  const { values, wholes } = scanJson(bytes, limits);
  if (wholes.length === 0) return { value: JSON.parse(textOf(bytes)), values };
  try {
    return { value: JSON.parse(textOf(quoted(bytes, wholes))), values };
  } catch (error) {
    JSON.parse(textOf(bytes)); // fails too: its error speaks of the text as it came
    throw error;
  }
}

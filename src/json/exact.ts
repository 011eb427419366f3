import { type JsonLimits, scanJson, startOf } from './scan.ts';

const quote = 0x22;

/** Returns the text with the digits of each of `wholes` between quotes, without the zeros behind a point. */
function quoted(bytes: Uint8Array, wholes: readonly number[]): Uint8Array {
  const made = Buffer.allocUnsafe(bytes.length + (2 / 3) * wholes.length);
  let from = 0;
  let length = 0;
  const copyTo = (end: number): void => {
    made.set(bytes.subarray(from, end), length);
    length += end - from;
    from = end;
  };
  const addQuote = (): void => {
    made[length] = quote;
    length += 1;
  };
  for (let i = 0; i < wholes.length; i += 3) {
    copyTo(wholes[i] as number);
    addQuote();
    copyTo(wholes[i + 1] as number);
    addQuote();
    from = wholes[i + 2] as number;
  }
  copyTo(bytes.length);
  return made.subarray(0, length);
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
 * ±(2^53 - 1), also one with zeros behind a point, becomes a text, its digits as they were written. A byte order mark at the beginning is ignored.
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

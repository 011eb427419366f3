import { type ExactJson, parseExactly } from './exact.ts';
import { type JsonLimits, scanJson } from './scan.ts';

/** The limits of a JSON text in a file. */
export interface JsonBounds {
  /** The most values. Every array, object, string, number, true, false and null is a value. */
  readonly values: number;
  /** The most objects and arrays within each other. Default 64, because code that walks the result may be recursive. */
  readonly depth?: number | undefined;
}

/**
 * Returns the number of values of a JSON text.
 *
 * @throws RangeError if there are too many, or they are nested too deep
 */
export const checkJsonBounds = (text: string, bounds: JsonBounds): number =>
  scanJson(Buffer.from(text), limitsOf(bounds)).values;

const limitsOf = ({ values, depth = 64 }: JsonBounds): JsonLimits => ({
  bytes: Number.POSITIVE_INFINITY,
  depth,
  nodes: values,
  elements: values,
  allowsProto: true,
});

/**
 * Parses a JSON text that a user wrote: whole numbers beyond ±(2^53 - 1) become texts of their digits.
 *
 * @throws RangeError if it is beyond the bounds
 * @throws SyntaxError if it is not JSON
 */
export const parseUserJson = (text: string, bounds: JsonBounds): ExactJson =>
  parseExactly(Buffer.from(text), limitsOf(bounds));

/**
 * Parses a JSON text that this program or another wrote, with numbers as JavaScript reads them.
 *
 * @throws RangeError if it is beyond the bounds
 * @throws SyntaxError if it is not JSON
 */
export function parseJsonWithin(text: string, bounds: JsonBounds): unknown {
  checkJsonBounds(text, bounds);
  return JSON.parse(text);
}

/** Parses a JSON text. Returns undefined if it is not JSON or beyond `bounds` (default: none), for a schema to refuse. */
export function jsonOrUndefined(text: string, bounds?: JsonBounds): unknown {
  try {
    if (bounds !== undefined) checkJsonBounds(text, bounds);
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Makes a sentence of the message of Node or of another library: first letter upper case, full stop at the end. */
export const asSentence = (message: string): string =>
  `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`;

/** Takes the full stop from a sentence that becomes a part of another. */
export const asClause = (sentence: string): string => sentence.replace(/\.$/, '');

/** Prints a value from outside for a message: as JSON, at most 100 characters. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

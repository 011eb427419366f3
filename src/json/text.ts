import { scanJson } from './scan.ts';

/** What a JSON text of a file may hold. */
export interface JsonBounds {
  /** Values: every array, object, text, number, true, false and null is one. */
  readonly values: number;
  /** Objects and arrays within each other. Default 64: what walks the result may be recursive. */
  readonly depth?: number | undefined;
}

/**
 * How many values a JSON text holds.
 * @throws RangeError when there are more, or they are nested deeper, than the bounds say.
 */
export const checkJsonBounds = (text: string, { values, depth = 64 }: JsonBounds): number =>
  scanJson(Buffer.from(text), {
    bytes: Number.POSITIVE_INFINITY,
    depth,
    nodes: values,
    elements: values,
    allowsProto: true,
  });

/**
 * `JSON.parse` for a text from outside.
 * @throws RangeError beyond the bounds; SyntaxError when it is not JSON.
 */
export function parseJsonWithin(text: string, bounds: JsonBounds): unknown {
  checkJsonBounds(text, bounds);
  return JSON.parse(text);
}

/** The value of a JSON text; undefined for what is none, which the schema that comes next refuses. */
export function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A value out of a stranger's file, made fit for a message: as JSON, at most 100 characters. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

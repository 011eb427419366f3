/** What a JSON text may hold; a value is an object, a list, or a part of one. */
export interface JsonBounds {
  /** Values, counted by brackets and commas, before the text becomes objects of tens of bytes each. */
  readonly values: number;
  /** Objects and lists within each other. Default 64: what walks the result may be recursive. */
  readonly depth?: number | undefined;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;

/** The place behind a string that begins at `at`. */
function skipString(text: string, at: number): number {
  for (let end = at + 1; ; end += 1) {
    const code = text.charCodeAt(end);
    if (code === backslash) end += 1;
    else if (code === quote || Number.isNaN(code)) return end + 1;
  }
}

/**
 * How many values a JSON text holds at most.
 * @throws RangeError when there are more, or they are nested deeper, than the bounds say.
 */
export function checkJsonBounds(text: string, { values, depth = 64 }: JsonBounds): number {
  let open = 0;
  let found = 1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // Brackets and braces differ in one bit.
    const kind = code & ~0x20;
    if (code === quote) at = skipString(text, at) - 1;
    else if (kind === 0x5b) open += 1;
    else if (kind === 0x5d) open -= 1;
    if (code === comma || kind === 0x5b) found += 1;
    if (open > depth) throw new RangeError(`its values are nested more than ${depth} deep`);
    if (found > values) throw new RangeError(`it holds more than ${values} values`);
  }
  return found;
}

/**
 * `JSON.parse` for a text from outside.
 * @throws RangeError beyond the bounds; SyntaxError when it is not JSON.
 */
export function parseJsonWithin(text: string, bounds: JsonBounds): unknown {
  checkJsonBounds(text, bounds);
  return JSON.parse(text);
}

/** A value out of a stranger's file, made fit for a message: as JSON, at most 100 characters. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

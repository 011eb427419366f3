import type { Json } from 'snapshelf/client';

/** A string or a number of a JSON text. */
const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Parses a JSON text that a user wrote: whole numbers beyond ±(2^53 - 1) become texts of their digits, as everywhere in
 * Snapshelf.
 * @throws SyntaxError if it is not JSON.
 */
export function userJson(text: string): Json {
  JSON.parse(text);
  const exact = text.replace(token, (one) =>
    /^-?\d+$/.test(one) && !Number.isSafeInteger(Number(one)) ? `"${one}"` : one,
  );
  return JSON.parse(exact) as Json;
}

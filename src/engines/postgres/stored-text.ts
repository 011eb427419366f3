import type { Json } from '../../engine/index.ts';

/**
 * Returns a text as it stands in `fields`: `jsonb` holds no NUL. Different texts stay different and in their order, and beginnings stay
 * beginnings.
 */
export const storedText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are meant.
  text.replace(/[\0\x01]/g, (one) => (one === '\0' ? '\x01\x01' : '\x01\x02'));

/** Returns a text of `fields` as it was. */
export const originalText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are meant.
  text.replace(/\x01[\x01\x02]/g, (pair) => (pair === '\x01\x01' ? '\0' : '\x01'));

/** Returns metadata as it stands in `fields`, for filters. */
export function storedFields(value: Json): Json {
  if (typeof value === 'string') return storedText(value);
  if (Array.isArray(value)) return value.map(storedFields);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [storedText(key), storedFields(one)]));
}

/** Parses the JSON of a property that the cluster keeps; undefined for a text that is none, and for no text. */
export function parsedText(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

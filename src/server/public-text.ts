import { basename } from 'node:path';
import { basename as windowsBasename } from 'node:path/win32';

/** Characters that a client is shown of one text. */
const maxCharacters = 2000;

/**
 * An absolute path, also as a URL: from a slash (or drive) that begins a word to the last name of it. Folders may have
 * spaces in them; what separates sentences and lists ends a path.
 */
const posix = /(?<![\p{L}\p{N}_.~%:/-])(?:file:\/\/)?\/(?:[^/\n"'`<>:;,|]+\/)*[^\s/"'`<>:;,|()]+/gu;
const windows = /(?<![\p{L}\p{N}_])(?:[A-Za-z]:|\\)[\\/](?:[^\\/\n"'`<>:;,|]+[\\/])*[^\s\\/"'`<>:;,|()]+/gu;

/** A text as clients may see it: of a path on this machine its last name, and of a long text its beginning. */
export function publicText(text: string): string {
  const short = text.length > maxCharacters ? `${text.slice(0, maxCharacters)}...` : text;
  return short.replace(windows, (path) => windowsBasename(path)).replace(posix, (path) => basename(path));
}

/** Plain data with its texts as `publicText` gives them. */
export function publicData(value: unknown): unknown {
  if (typeof value === 'string') return publicText(value);
  if (Array.isArray(value)) return value.map(publicData);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, publicData(part)]));
}

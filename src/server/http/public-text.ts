/** Characters of one text that a client sees. */
const maxCharacters = 2000;

/** The start of an absolute path, also as a URL: a slash, a drive or a share that begins a word. */
const start = /(?<![\p{L}\p{N}_.~%:/-])(?:file:\/\/)?\/|(?<![\p{L}\p{N}_])(?:[A-Za-z]:|\\)[\\/]/gu;
/** The end of a path: a separator of sentences and lists. A colon behind a drive is none. */
const end = /[\n"'`<>;,|]|(?<!(?<![\p{L}\p{N}_])[A-Za-z]):|:(?![\\/])/gu;
/** The last separator of folders with a name behind it. Folders may have spaces in them, and brackets. */
const name = /[\\/](?=[^\s\\/()])/g;

/** Returns the last name of the path that a text begins with, and the rest of the text. */
function lastName(text: string): string {
  let folders = 0;
  for (const { index } of text.matchAll(name)) folders = index + 1;
  return text.slice(folders);
}

/** Returns the next match from a position on. */
function next(pattern: RegExp, text: string, from: number): RegExpExecArray | undefined {
  pattern.lastIndex = from;
  return pattern.exec(text) ?? undefined;
}

/**
 * Returns a text as clients may see it: of a path on this machine only the last name, of a long text only the beginning.
 * It reads each character a few times at most, because the text may be a client's own.
 */
export function publicText(text: string): string {
  const short = text.length > maxCharacters ? `${text.slice(0, maxCharacters)}...` : text;
  let shown = '';
  let at = 0;
  for (let found = next(start, short, at); found !== undefined; found = next(start, short, at)) {
    const rest = found.index + found[0].length;
    const stop = next(end, short, rest)?.index ?? short.length;
    shown += short.slice(at, found.index) + lastName(short.slice(found.index, stop));
    at = stop;
  }
  return shown + short.slice(at);
}

/** Applies `publicText` to all texts of plain data. */
export function publicData(value: unknown): unknown {
  if (typeof value === 'string') return publicText(value);
  if (Array.isArray(value)) return value.map(publicData);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, publicData(part)]));
}

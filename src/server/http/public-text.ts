/** Characters that a client is shown of one text. */
const maxCharacters = 2000;

/** Where an absolute path may begin, also as a URL: a slash, a drive or a share that begins a word. */
const start = /(?<![\p{L}\p{N}_.~%:/-])(?:file:\/\/)?\/|(?<![\p{L}\p{N}_])(?:[A-Za-z]:|\\)[\\/]/gu;
/** What ends a path: it separates sentences and lists. A colon behind a drive does not. */
const end = /[\n"'`<>;,|]|(?<!(?<![\p{L}\p{N}_])[A-Za-z]):|:(?![\\/])/gu;
/** The last separator of folders with a name behind it. Folders may have spaces in them, and brackets. */
const name = /[\\/](?=[^\s\\/()])/g;

/** What is left of a text that begins with a path: its last name. */
function lastName(text: string): string {
  let folders = 0;
  for (const { index } of text.matchAll(name)) folders = index + 1;
  return text.slice(folders);
}

/** The next match from a place on. */
function next(pattern: RegExp, text: string, from: number): RegExpExecArray | undefined {
  pattern.lastIndex = from;
  return pattern.exec(text) ?? undefined;
}

/**
 * A text as clients may see it: of a path on this machine its last name, and of a long text its beginning. Looks at each
 * character a few times at most, for the text may be a client's own.
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

/** Plain data with its texts as `publicText` gives them. */
export function publicData(value: unknown): unknown {
  if (typeof value === 'string') return publicText(value);
  if (Array.isArray(value)) return value.map(publicData);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, publicData(part)]));
}

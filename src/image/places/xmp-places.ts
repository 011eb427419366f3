/** Names of properties that say where a picture was taken, without their namespace, in lower case. */
const isPlace = (name: string): boolean =>
  /^(gps|geo:|georss:)/.test(name) || /(latitude|longt?itude)$/.test(name);

/** An element's or an attribute's name, with its namespace; bounded, so that a long text takes no longer. */
const name = '(?:([\\w.-]{1,60}):)?([\\w.-]{1,60})';
const element = new RegExp(`<${name}(?=[\\s/>])`, 'g');
const attribute = new RegExp(`(?<=\\s)${name}\\s{0,20}=\\s{0,20}(?:"[^"]*"|'[^']*')`, 'g');

function isPlaceName(space: string | undefined, local = ''): boolean {
  const lower = local.toLowerCase();
  return isPlace(lower) || isPlace(`${(space ?? '').toLowerCase()}:${lower}`);
}

/** Returns where an element ends that begins at `start` with a tag `<name`. */
function endOf(text: string, start: number, tag: string): number {
  const close = text.indexOf('>', start);
  if (close === -1) return text.length;
  if (text[close - 1] === '/') return close + 1;
  const end = text.indexOf(`</${tag}`, close);
  const last = end === -1 ? -1 : text.indexOf('>', end);
  return last === -1 ? text.length : last + 1;
}

/** Yields from where to where a text holds places, in order. */
function* placesIn(text: string): Generator<readonly [start: number, end: number]> {
  element.lastIndex = 0;
  for (let found = element.exec(text); found !== null; found = element.exec(text)) {
    const [tag, space, local] = found;
    if (!isPlaceName(space, local)) continue;
    const end = endOf(text, found.index, tag.slice(1));
    yield [found.index, end];
    element.lastIndex = end;
  }
  for (const found of text.matchAll(attribute)) {
    const [whole, space, local] = found;
    // What declares a namespace is no place.
    if (space !== 'xmlns' && isPlaceName(space, local)) yield [found.index, found.index + whole.length];
  }
}

/** True for XML in two bytes per character, which hardly anybody writes. */
const isWide = (xmp: Uint8Array): boolean => xmp.subarray(0, 64).includes(0);

/**
 * Returns XMP of the same length with blanks in place of the properties that say a place, or undefined if it has none. Blanks
 * between elements and attributes mean nothing. XMP that is not UTF-8 is blanked as a whole if it may say a place.
 */
export function withoutXmpPlaces(xmp: Uint8Array): Uint8Array | undefined {
  // Bytes and characters are at the same places.
  const text = Buffer.from(xmp.buffer, xmp.byteOffset, xmp.byteLength).toString('latin1');
  if (isWide(xmp)) {
    const mayHave = /gps|latitude|longt?itude|geo/i.test(text.replaceAll('\0', ''));
    return mayHave ? new Uint8Array(xmp.length).fill(0x20) : undefined;
  }
  let cleaned: Uint8Array | undefined;
  for (const [start, end] of placesIn(text)) {
    cleaned ??= Uint8Array.from(xmp);
    cleaned.fill(0x20, start, end);
  }
  return cleaned;
}

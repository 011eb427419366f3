import { isUtf8 } from 'node:buffer';
import { inflateSync } from 'node:zlib';

/**
 * Reads the part of MATLAB's level 5 MAT-files that annotation files are made of (MathWorks, "MAT-File Format"):
 * numbers, text, cells and structures, compressed or not, little-endian.
 */

/** A value of a MAT-file: numbers (row by column, columns first), a text, cells, or the elements of a structure array. */
export type MatlabValue =
  | { readonly kind: 'numbers'; readonly data: Float64Array }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'cells'; readonly items: readonly MatlabValue[] }
  | { readonly kind: 'structs'; readonly items: readonly ReadonlyMap<string, MatlabValue>[] };

const miMatrix = 14;
const miCompressed = 15;
/** The most bytes that all compressed elements together may unpack to: a hundred times a data set's annotations. */
const mostBytes = 64 * 2 ** 20;
/** The most values and elements of structures: Cars-196 has about 120,000. */
const mostValues = 2_000_000;
const deepest = 16;
const longestText = 65_536;

const nothing = { kind: 'numbers', data: new Float64Array() } as const;

interface Element {
  readonly type: number;
  readonly body: Uint8Array;
}

type Reader = (view: DataView, at: number) => number;

/** The size in bytes and the reader of each number type. */
const numberTypes: Readonly<Record<number, readonly [bytes: number, read: Reader]>> = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at) => view.getInt16(at, true)],
  4: [2, (view, at) => view.getUint16(at, true)],
  5: [4, (view, at) => view.getInt32(at, true)],
  6: [4, (view, at) => view.getUint32(at, true)],
  7: [4, (view, at) => view.getFloat32(at, true)],
  9: [8, (view, at) => view.getFloat64(at, true)],
  12: [8, (view, at) => Number(view.getBigInt64(at, true))],
  13: [8, (view, at) => Number(view.getBigUint64(at, true))],
};

/** An error in the bytes of a MAT-file; the caller names the file. */
export class MatlabError extends Error {}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function part(bytes: Uint8Array, start: number, length: number): Uint8Array {
  if (start + length > bytes.length)
    throw new MatlabError('An element is longer than the one that contains it.');
  return bytes.subarray(start, start + length);
}

/** Yields the elements that follow each other: a tag of 8 bytes and its body, or both in 8 bytes. */
function* elementsOf(bytes: Uint8Array): Generator<Element> {
  for (let at = 0; at < bytes.length; ) {
    const view = viewOf(part(bytes, at, 8));
    const small = view.getUint16(2, true);
    if (small > 0) {
      if (small > 4) throw new MatlabError('A small element has more than 4 bytes.');
      yield { type: view.getUint16(0, true), body: part(bytes, at + 4, small) };
      at += 8;
      continue;
    }
    const type = view.getUint32(0, true);
    const length = view.getUint32(4, true);
    yield { type, body: part(bytes, at + 8, length) };
    // Compressed elements are not padded.
    at += 8 + (type === miCompressed ? length : Math.ceil(length / 8) * 8);
  }
}

function numbersOf({ type, body }: Element): Float64Array {
  const kind = numberTypes[type];
  if (kind === undefined) throw new MatlabError(`An element of type ${type} is not a list of numbers.`);
  const [bytes, read] = kind;
  const view = viewOf(body);
  return Float64Array.from({ length: Math.floor(body.length / bytes) }, (_, i) => read(view, i * bytes));
}

function characterOf(code: number): string {
  if (!(Number.isInteger(code) && code >= 0 && code <= 0xffff))
    throw new MatlabError(`${code} is not a character.`);
  return String.fromCharCode(code);
}

/** Returns a text, which is stored as UTF-8, UTF-16 or as numbers of characters. */
function textOf(element: Element): string {
  if (element.body.length > longestText) throw new MatlabError('A text is too long.');
  if (element.type === 16) {
    if (!isUtf8(element.body)) throw new MatlabError('A text is not UTF-8.');
    return new TextDecoder().decode(element.body);
  }
  if (element.type === 17) return new TextDecoder('utf-16le').decode(element.body);
  return Array.from(numbersOf(element), characterOf).join('');
}

function next(elements: Iterator<Element>): Element {
  const { value, done } = elements.next();
  if (done) throw new MatlabError('A matrix ends before its parts.');
  return value;
}

/** Counts values, because an element of a structure without fields takes no bytes. */
class Budget {
  #left = mostValues;

  spend(): void {
    this.#left -= 1;
    if (this.#left < 0) throw new MatlabError(`The file has more than ${mostValues} values.`);
  }
}

interface Place {
  readonly depth: number;
  readonly budget: Budget;
}

const rest = (elements: Iterator<Element>, count: number, { depth, budget }: Place): MatlabValue[] =>
  Array.from({ length: count }, () => valueOfElement(next(elements), { depth: depth + 1, budget }));

/** Returns field names, which are stored in slots of one length, padded with zeros. */
function fieldNames(elements: Iterator<Element>): string[] {
  const [slot = 0] = numbersOf(next(elements));
  const { body } = next(elements);
  if (!(slot >= 1 && slot <= 256)) throw new MatlabError('Field names have an impossible length.');
  const slots = Array.from({ length: Math.floor(body.length / slot) }, (_, i) =>
    body.subarray(i * slot, (i + 1) * slot),
  );
  return slots.map((bytes) => new TextDecoder().decode(bytes).replace(/\0.*$/s, ''));
}

function structs(elements: Iterator<Element>, count: number, place: Place): MatlabValue {
  const names = fieldNames(elements);
  const items = Array.from({ length: count }, () => {
    place.budget.spend();
    const values = rest(elements, names.length, place);
    return new Map(names.map((name, i) => [name, values[i] ?? nothing]));
  });
  return { kind: 'structs', items };
}

function matrixOf(body: Uint8Array, place: Place): { name: string; value: MatlabValue } {
  const elements = elementsOf(body);
  const [flags = 0] = numbersOf(next(elements));
  const count = numbersOf(next(elements)).reduce((product, size) => product * size, 1);
  const name = textOf({ ...next(elements), type: 1 });
  if (!(count >= 0 && count <= body.length)) throw new MatlabError(`A matrix claims ${count} elements.`);
  switch (flags & 0xff) {
    case 1:
      return { name, value: { kind: 'cells', items: rest(elements, count, place) } };
    case 2:
      return { name, value: structs(elements, count, place) };
    case 4:
      return { name, value: { kind: 'text', text: count === 0 ? '' : textOf(next(elements)) } };
    default:
      return {
        name,
        value: { kind: 'numbers', data: count === 0 ? nothing.data : numbersOf(next(elements)) },
      };
  }
}

function valueOfElement({ type, body }: Element, place: Place): MatlabValue {
  place.budget.spend();
  if (place.depth > deepest) throw new MatlabError(`Matrices are nested more than ${deepest} deep.`);
  if (type !== miMatrix) throw new MatlabError(`An element of type ${type} is in the place of a matrix.`);
  // An empty cell or field is a matrix without a body.
  return body.length === 0 ? nothing : matrixOf(body, place).value;
}

function inflate(body: Uint8Array, mostBytes: number): Uint8Array {
  try {
    return inflateSync(body, { maxOutputLength: mostBytes });
  } catch (cause) {
    throw new MatlabError('A compressed element is damaged or too large.', { cause });
  }
}

/**
 * Returns the variables of a level 5 MAT-file, by name.
 *
 * @throws MatlabError for anything else
 */
export function decodeMatlab(bytes: Uint8Array): Map<string, MatlabValue> {
  if (bytes.length < 128 || bytes[126] !== 0x49 || bytes[127] !== 0x4d)
    throw new MatlabError('The file is not a little-endian MAT-file of level 5.');
  const variables = new Map<string, MatlabValue>();
  const budget = new Budget();
  let left = mostBytes;
  for (const element of elementsOf(bytes.subarray(128))) {
    const unpacked = element.type === miCompressed ? inflate(element.body, left) : undefined;
    left -= unpacked?.length ?? 0;
    const [matrix] = unpacked === undefined ? [element] : elementsOf(unpacked);
    if (matrix?.type !== miMatrix) continue;
    const { name, value } = matrixOf(matrix.body, { depth: 0, budget });
    variables.set(name, value);
  }
  return variables;
}

import { parse } from 'csv-parse/browser/esm/sync';
import type { Json } from '../../api/api-types.ts';
import { english } from '../../english.ts';
import { type Entry, folderOf, type GivenFile, type LeftOut, type Plan } from './entry.ts';

const told = english.import.reasons;
const own = new Set(['path', 'label', 'id', 'productId', 'split', 'metadata', '']);
const numberForm = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]\d{1,3})?$/i;

type Row = Readonly<Record<string, string>>;

/** True for a number that loses nothing by being one: a code of 16 digits or with leading zeros does. */
function isNumber(text: string): boolean {
  const digits = text.replace(/e.*/i, '').replace(/[-.]/g, '').replace(/^0+/, '');
  const value = Number(text);
  return numberForm.test(text) && Number.isFinite(value) && (digits.length <= 15 || String(value) === text);
}

function isList(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}

/** Returns the reader of a column of metadata: numbers, truth values or lists where all its cells are such. */
function readerOf(cells: readonly string[]): (cell: string) => Json {
  const filled = [...new Set(cells.map((cell) => cell.trim()))].filter((cell) => cell !== '');
  // Two spellings of one number are codes, such as the versions 1.1 and 1.10.
  const isOnce = new Set(filled.map(Number)).size === filled.length;
  if (isOnce && filled.every(isNumber)) return Number;
  if (filled.every((cell) => /^(true|false)$/i.test(cell))) return (cell) => /true/i.test(cell);
  if (filled.every(isList)) return (cell) => JSON.parse(cell) as Json;
  return (cell) => cell;
}

/** Writes `a/./b/../c` as `a/c`. */
function plainPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.replace(/\\/g, '/').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function metadataCell(cell: string | undefined): Readonly<Record<string, Json>> {
  if (cell === undefined || cell.trim() === '') return {};
  const value = JSON.parse(cell) as Json;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(told.metadata);
  return value as Readonly<Record<string, Json>>;
}

/** The rows of a table with the readers of its columns of metadata. */
class Table {
  readonly #readers: ReadonlyMap<string, (cell: string) => Json>;
  readonly #folder: string;
  readonly #files: ReadonlyMap<string, GivenFile>;

  constructor(rows: readonly Row[], folder: string, files: ReadonlyMap<string, GivenFile>) {
    const columns = Object.keys(rows[0] ?? {}).filter((name) => !own.has(name));
    this.#readers = new Map(
      columns.map((name) => [name, readerOf(rows.map((row) => row[name] ?? ''))] as const),
    );
    this.#folder = folder;
    this.#files = files;
  }

  /** Returns the picture of a row, or why it is left out. */
  entryOf(row: Row): Entry | LeftOut {
    const { path = '', label = '', id = '', productId = '', split = '', metadata: cell } = row;
    const name = id === '' ? plainPath(path) : id;
    if (path === '') return { id: name, reason: told.noPath };
    if (label === '') return { id: name, reason: told.noLabel };
    const file =
      this.#files.get(plainPath(`${this.#folder}/${path}`).normalize('NFC')) ??
      this.#files.get(plainPath(path).normalize('NFC'));
    if (file === undefined) return { id: name, reason: told.notThere(path) };
    const columns = [...this.#readers].flatMap(([column, read]) => {
      const text = row[column] ?? '';
      return text === '' ? [] : [[column, read(text)] as const];
    });
    try {
      const metadata = { ...Object.fromEntries(columns), ...metadataCell(cell) };
      return {
        id: name,
        read: file.read,
        label,
        ...(productId !== '' && { productId }),
        ...(split !== '' && { split }),
        ...(Object.keys(metadata).length > 0 && { metadata }),
      };
    } catch {
      return { id: name, reason: told.metadata };
    }
  }
}

/**
 * Plans the import of the pictures that a CSV file names, among the files that were given with it. Its first line names the
 * columns: `path`, `label` and optionally `id`, `productId`, `split` and `metadata`; every other column is metadata.
 * @throws RangeError if it is no such table.
 */
export async function planTable(csv: GivenFile, files: readonly GivenFile[]): Promise<Plan> {
  const text = await (await csv.read()).text();
  const rows = parse(text, { bom: true, columns: true, trim: true, skip_empty_lines: true }) as Row[];
  const missing = ['path', 'label'].filter((name) => rows[0] !== undefined && !(name in rows[0]));
  if (rows.length === 0 || missing.length > 0) throw new RangeError(told.columns(csv.path, missing));
  const byPath = new Map(files.map((file) => [file.path.normalize('NFC'), file]));
  const table = new Table(rows, folderOf(csv.path), byPath);
  const entries: Entry[] = [];
  const leftOut: LeftOut[] = [];
  const seen = new Set<string>();
  for (const made of rows.map((row) => table.entryOf(row))) {
    if ('reason' in made) leftOut.push(made);
    else if (seen.has(made.id)) leftOut.push({ id: made.id, reason: told.twice });
    else entries.push(made);
    seen.add(made.id);
  }
  return { entries, leftOut };
}

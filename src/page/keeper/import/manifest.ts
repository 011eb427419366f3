import { parse } from 'csv-parse/browser/esm/sync';
import type { Json } from 'snapshelf/client';
import { english } from '../../english.ts';
import { type Entry, extensionOf, folderOf, type GivenFile, type LeftOut, type Plan } from './entry.ts';
import { userJson } from './user-json.ts';

const told = english.import.reasons;
const own = new Set(['path', 'label', 'id', 'productId', 'split', 'metadata', '']);
const numberForm = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]\d{1,3})?$/i;

/** The fields of a row, by the names of their columns; empty ones are left out. */
type Row = Readonly<Record<string, Json>>;
/** A row, or a line that is none. */
type Line = { readonly row: Row } | LeftOut;

/** True for a number that loses nothing by being one: a code of 16 digits or with leading zeros does. */
function isNumber(text: string): boolean {
  const digits = text.replace(/e.*/i, '').replace(/[-.]/g, '').replace(/^0+/, '');
  const value = Number(text);
  return numberForm.test(text) && Number.isFinite(value) && (digits.length <= 15 || String(value) === text);
}

function isList(text: string): boolean {
  try {
    return Array.isArray(userJson(text));
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
  if (filled.every(isList)) return userJson;
  return (cell) => cell;
}

/** Reads the rows of a CSV file. @throws RangeError if it is no table, or lacks a column. */
function readCsv(name: string, text: string): readonly Line[] {
  const [header = ''] = text.split(/[\r\n]/, 1);
  if (!header.includes(',') && /[;\t]/.test(header)) throw new RangeError(told.commas(name));
  let rows: readonly Readonly<Record<string, string>>[];
  try {
    rows = parse(text, { bom: true, columns: true, trim: true, skip_empty_lines: true });
  } catch (error) {
    throw new RangeError(told.csv(name, error instanceof Error ? error.message : String(error)));
  }
  if (rows[0] === undefined) return [];
  const columns = Object.keys(rows[0]);
  const missing = ['path', 'label'].filter((column) => !columns.includes(column));
  if (missing.length > 0) throw new RangeError(told.columns(name, missing, columns));
  const readers = new Map(
    columns.map((column) => {
      const read = own.has(column) ? String : readerOf(rows.map((row) => row[column] ?? ''));
      return [column, read] as const;
    }),
  );
  const cellsOf = (row: Readonly<Record<string, string>>) =>
    Object.entries(row).flatMap(([column, cell]) =>
      cell === '' || column === '' ? [] : [[column, readers.get(column)?.(cell) ?? cell] as const],
    );
  return rows.map((row) => ({ row: Object.fromEntries(cellsOf(row)) }));
}

/** Reads the rows of a file of JSON Lines. A line that is none is left out. */
function readJsonLines(text: string): readonly Line[] {
  return text.split('\n').flatMap((line, at): readonly Line[] => {
    if (line.trim() === '') return [];
    const leftOut = { id: told.line(at + 1), reason: told.noObject };
    try {
      const value = userJson(line);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return [leftOut];
      const filled = Object.entries(value).filter(([, cell]) => cell !== null && cell !== '');
      return [{ row: Object.fromEntries(filled) }];
    } catch {
      return [leftOut];
    }
  });
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

/** Returns the other columns and the members of the metadata column, an object or its JSON, which win. */
function metadataOf(row: Row): Readonly<Record<string, Json>> {
  const cell = row['metadata'] ?? {};
  const value = typeof cell === 'string' ? userJson(cell) : cell;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(told.metadata);
  const others = Object.entries(row).filter(([column]) => !own.has(column));
  return { ...Object.fromEntries(others), ...(value as Readonly<Record<string, Json>>) };
}

/** The files that were given with a table, by their paths. */
class Files {
  readonly #folder: string;
  readonly #byPath: ReadonlyMap<string, GivenFile>;

  constructor(folder: string, files: readonly GivenFile[]) {
    this.#folder = folder;
    this.#byPath = new Map(files.map((file) => [file.path.normalize('NFC'), file]));
  }

  find(path: string): GivenFile | undefined {
    return (
      this.#byPath.get(plainPath(`${this.#folder}/${path}`).normalize('NFC')) ??
      this.#byPath.get(plainPath(path).normalize('NFC'))
    );
  }
}

/** Returns the text of a column with a meaning; '' where it is empty. @throws TypeError if it is neither text nor a number. */
function textOf(row: Row, column: string): string {
  const value = row[column] ?? '';
  if (typeof value !== 'string' && typeof value !== 'number') throw new TypeError(told.noText(column));
  return String(value).trim();
}

/** Returns the picture of a row. @throws TypeError if it has none, or cannot be read. */
function entryOf(row: Row, files: Files, id: string): Entry {
  const path = textOf(row, 'path');
  const label = textOf(row, 'label');
  if (path === '') throw new TypeError(told.noPath);
  if (label === '') throw new TypeError(told.noLabel);
  const file = files.find(path);
  if (file === undefined) throw new TypeError(told.notThere(path));
  const productId = textOf(row, 'productId');
  const split = textOf(row, 'split');
  const metadata = metadataOf(row);
  return {
    id,
    read: file.read,
    label,
    ...(productId !== '' && { productId }),
    ...(split !== '' && { split }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/** Returns the picture of a row, or why it is left out. */
function readRow(row: Row, files: Files): Entry | LeftOut {
  let id = '';
  try {
    id = textOf(row, 'id') || plainPath(textOf(row, 'path'));
    return entryOf(row, files, id);
  } catch (error) {
    return { id, reason: error instanceof SyntaxError ? told.metadata : (error as Error).message };
  }
}

/** Reads a text that has to be UTF-8. @throws RangeError if it is not. */
async function textOfFile({ path, read }: GivenFile): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await (await read()).arrayBuffer());
  } catch {
    throw new RangeError(told.utf8(path));
  }
}

/**
 * Plans the import of the pictures that a table names, among the files that were given with it: a CSV file, whose first line names
 * the columns, or JSON Lines. They are `path`, `label` and optionally `id`, `productId`, `split` and `metadata`; every other
 * column is metadata.
 * @throws RangeError if it is no such table.
 */
export async function planTable(table: GivenFile, given: readonly GivenFile[]): Promise<Plan> {
  const text = await textOfFile(table);
  const lines = extensionOf(table.path) === 'csv' ? readCsv(table.path, text) : readJsonLines(text);
  if (lines.length === 0) throw new RangeError(told.empty(table.path));
  const files = new Files(folderOf(table.path), given);
  const entries: Entry[] = [];
  const leftOut: LeftOut[] = [];
  const seen = new Set<string>();
  for (const line of lines) {
    const made = 'row' in line ? readRow(line.row, files) : line;
    if ('reason' in made) leftOut.push(made);
    else if (seen.has(made.id)) leftOut.push({ id: made.id, reason: told.twice });
    else entries.push(made);
    seen.add(made.id);
  }
  return { entries, leftOut };
}

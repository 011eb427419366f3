import { CsvError, type InfoRecord } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { SnapshelfError } from '../../errors.ts';
import { linesOf } from '../../files/index.ts';
import { parseUserJson, shown } from '../../json/index.ts';
import { invalidSource } from './invalid-source.ts';
import type { Json } from './sample.ts';

/** One row of a manifest, by column name. */
export interface Row {
  /** 1 is the first line of the file. */
  readonly line: number;
  readonly cells: Readonly<Record<string, Json>>;
}

/** Bounds on the memory of a manifest: about 40 bytes per value. */
const mostRows = 1_000_000;
const mostColumns = 1000;
const mostCharacters = 128 * 1024;
const mostValuesOfRow = 10_000;
const mostValues = 20_000_000;

const quote = 0x22;
const comma = 0x2c;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Counts the values of a manifest, whose number is limited. */
export class Values {
  #left = mostValues;

  /**
   * Counts values.
   *
   * @throws RangeError if there are too many
   */
  spend(count: number): void {
    this.#left -= count;
    if (this.#left < 0) throw new RangeError(`There are more than ${mostValues} values in all.`);
  }

  /**
   * Parses a JSON text and counts its values.
   *
   * @throws RangeError if there are too many values or levels
   * @throws SyntaxError if it is not JSON
   */
  parse(text: string): Json {
    const { value, values } = parseUserJson(text, { values: mostValuesOfRow });
    this.spend(values);
    return value as Json;
  }
}

/** Reads the rows of a text and returns the results of `use` for each. */
export type RowsReader = <T>(source: string, text: string, values: Values, use: (row: Row) => T) => T[];

function checkRowCount(source: string, count: number, line: number): void {
  if (count >= mostRows) throw invalidSource(`${source} has more than ${mostRows} rows. Split it.`, { line });
}

/**
 * Counts the cells of a CSV text before they become a list, because the parser only limits their characters.
 *
 * @throws SnapshelfError `source-invalid` if a record has too many
 * @throws RangeError if there are too many in all
 */
function checkCells(source: string, text: string, values: Values): void {
  let cells = 1;
  let line = 1;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const ends = code === lineFeed || code === carriageReturn;
    if (code === quote) quoted = !quoted;
    if (code === lineFeed) line += 1;
    if (quoted) continue;
    if (code === comma) cells += 1;
    if (cells > mostColumns)
      throw invalidSource(`${source}, line ${line} has more than ${mostColumns} columns.`, { line });
    if (!ends) continue;
    values.spend(cells);
    cells = 1;
  }
}

/** Cells that are written as JSON numbers become numbers, so that metadata can be searched by range. */
const numberPattern = /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/;
const toValue = (text: string): Json => (numberPattern.test(text) ? Number(text) : text);

function checkHeader(source: string, header: readonly string[]): void {
  const twice = header.find((name, at) => header.indexOf(name) !== at);
  if (twice !== undefined)
    throw invalidSource(`${source} has two columns called ${shown(twice)}.`, { line: 1 });
  const missing = ['path', 'label'].filter((name) => !header.includes(name));
  if (missing.length > 0)
    throw invalidSource(
      `${source}, line 1 has no column ${missing.join(' and no column ')}. The first line must name the columns, separated by commas: path, label, and optionally id, productId, split, metadata. It is ${header.length === 0 ? 'empty' : shown(header.join(' | '))}.`,
      { line: 1 },
    );
}

function toRow(header: readonly string[], record: readonly string[], line: number): Row {
  const cells = header.flatMap((name, at) => {
    const cell = record[at] ?? '';
    return cell === '' ? [] : [[name, fixedColumns.has(name) ? cell : toValue(cell)] as const];
  });
  return { line, cells: Object.fromEntries(cells) };
}

/**
 * Reads the rows of a CSV file (RFC 4180, commas, column names in the first line). Empty cells are left out.
 *
 * @throws SnapshelfError `source-invalid`; `details.line` is the line
 */
export const readCsvRows: RowsReader = (source, text, values, use) => {
  const made: ReturnType<typeof use>[] = [];
  let header: readonly string[] | undefined;
  const onRecord = (record: readonly string[], { lines }: InfoRecord): null => {
    if (header === undefined) {
      header = record.map((name) => name.trim());
      checkHeader(source, header);
      return null;
    }
    checkRowCount(source, made.length, lines);
    made.push(use(toRow(header, record, lines)));
    return null;
  };
  try {
    checkCells(source, text, values);
    parse(text, {
      skip_empty_lines: true,
      max_record_size: mostCharacters,
      record_delimiter: ['\r\n', '\n', '\r'],
      on_record: onRecord,
    });
  } catch (cause) {
    if (cause instanceof SnapshelfError) throw cause;
    const line = cause instanceof CsvError ? Number(cause['lines']) : undefined;
    throw invalidSource(`${source} is not a well-formed CSV file.`, { cause, line });
  }
  if (header === undefined) checkHeader(source, []);
  return made;
};

/** The columns with a meaning in a manifest; all others are metadata. */
export const fixedColumns: ReadonlySet<string> = new Set([
  'path',
  'label',
  'id',
  'productId',
  'split',
  'metadata',
]);

function parseLine(source: string, line: number, text: string, values: Values): Row {
  let cells: Json;
  try {
    if (text.length > mostCharacters) throw new RangeError(`It has more than ${mostCharacters} characters.`);
    cells = values.parse(text);
  } catch (cause) {
    throw invalidSource(`${source}, line ${line} is not JSON, or too much.`, { cause, line });
  }
  if (typeof cells !== 'object' || cells === null || Array.isArray(cells))
    throw invalidSource(`${source}, line ${line} is not a JSON object with path and label.`, { line });
  return { line, cells };
}

/**
 * Reads the rows of a JSON Lines file: one object per line; blank lines are ignored.
 *
 * @throws SnapshelfError `source-invalid`; `details.line` is the line
 */
export const readJsonRows: RowsReader = (source, text, values, use) => {
  const made: ReturnType<typeof use>[] = [];
  for (const [line, number] of linesOf(text)) {
    if (line.trim() === '') continue;
    checkRowCount(source, made.length, number);
    made.push(use(parseLine(source, number, line, values)));
  }
  return made;
};

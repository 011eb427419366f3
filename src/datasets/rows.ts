import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { invalidSource } from './invalid-source.ts';
import type { Json } from './sample.ts';

/** One entry of a manifest by column name. */
export interface Row {
  /** 1 is the first line of the file. */
  readonly line: number;
  readonly cells: Readonly<Record<string, Json>>;
}

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function splitCsv(source: string, text: string): CsvRecord[] {
  try {
    return parse(text, { info: true, skip_empty_lines: true }) as unknown as CsvRecord[];
  } catch (cause) {
    const line = cause instanceof CsvError ? Number(cause['lines']) : undefined;
    throw invalidSource(`${source} is not a well-formed CSV file`, { cause, line });
  }
}

/** A cell that is written as a JSON number becomes one, so that metadata can be searched by range. */
const numberPattern = /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/;
const toValue = (text: string): Json => (numberPattern.test(text) ? Number(text) : text);

function checkHeader(source: string, header: readonly string[]): void {
  const twice = header.find((name, at) => header.indexOf(name) !== at);
  if (twice !== undefined)
    throw invalidSource(`${source} has two columns called ${JSON.stringify(twice)}`, { line: 1 });
  const missing = ['path', 'label'].filter((name) => !header.includes(name));
  if (missing.length > 0)
    throw invalidSource(
      `${source}, line 1: no column ${missing.join(' and no column ')}. The first line must name the columns, separated by commas: path, label, and optionally id, productId, split, metadata; found ${header.join(' | ') || 'nothing'}`,
      { line: 1 },
    );
}

/**
 * The rows of a CSV file (RFC 4180, comma, first line names the columns). Empty cells are left out.
 * @throws SnapshelfError `source-invalid` with the line.
 */
export function readCsvRows(source: string, text: string): Row[] {
  const [first, ...records] = splitCsv(source, text);
  const header = (first?.record ?? []).map((name) => name.trim());
  checkHeader(source, header);
  return records.map(({ record, info }) => ({
    line: info.lines,
    cells: Object.fromEntries(
      header.flatMap((name, at) => {
        const cell = record[at] ?? '';
        return cell === '' ? [] : [[name, fixedColumns.has(name) ? cell : toValue(cell)]];
      }),
    ),
  }));
}

/** Columns that a manifest gives a meaning to; all others are metadata. */
export const fixedColumns: ReadonlySet<string> = new Set([
  'path',
  'label',
  'id',
  'productId',
  'split',
  'metadata',
]);

function parseLine(source: string, line: number, text: string): Row {
  let cells: Json;
  try {
    cells = JSON.parse(text) as Json;
  } catch (cause) {
    throw invalidSource(`${source}, line ${line} is not JSON`, { cause, line });
  }
  if (typeof cells !== 'object' || cells === null || Array.isArray(cells))
    throw invalidSource(`${source}, line ${line} is not a JSON object with path and label`, { line });
  return { line, cells };
}

/**
 * The rows of a JSON Lines file: one object a line, blank lines passed over.
 * @throws SnapshelfError `source-invalid` with the line.
 */
export function readJsonRows(source: string, text: string): Row[] {
  return text
    .split('\n')
    .flatMap((line, at) => (line.trim() === '' ? [] : [parseLine(source, at + 1, line)]));
}

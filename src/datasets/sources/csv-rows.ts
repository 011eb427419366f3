import { CsvError, type InfoRecord } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { SnapshelfError } from '../../errors.ts';
import { shown } from '../../json/index.ts';
import { trimmedText } from '../../text.ts';
import { Column, type ColumnType, readCell } from './columns.ts';
import { invalidSource } from './invalid-source.ts';
import { fixedColumns, nearestColumn } from './near-names.ts';
import { checkRowCount, mostCharacters, type Row, type RowsReader, type Values } from './rows.ts';

const mostColumns = 1000;
const quote = 0x22;
const comma = 0x2c;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

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

function checkHeader(source: string, header: readonly string[]): void {
  const twice = header.find((name, at) => name !== '' && header.indexOf(name) !== at);
  if (twice !== undefined)
    throw invalidSource(`${source} has two columns called ${shown(twice)}.`, { line: 1 });
  const missing = ['path', 'label'].filter((name) => !header.includes(name));
  if (missing.length === 0) return;
  const near = header.flatMap((name) => {
    const meant = nearestColumn(name);
    return meant !== undefined && missing.includes(meant) ? [`; write ${meant} for ${shown(name)}`] : [];
  });
  throw invalidSource(
    `${source}, line 1 has no column ${missing.join(' and no column ')}. The first line must name the columns, separated by commas: path, label, and optionally id, productId, split, metadata. It is ${header.length === 0 ? 'empty' : shown(header.join(' | '))}${near.join('')}.`,
    { line: 1 },
  );
}

/** A CSV file as it is written. */
interface Table {
  readonly header: readonly string[];
  /** The cells of each row, and its line. */
  readonly records: readonly { readonly cells: readonly string[]; readonly line: number }[];
}

function readTable(source: string, text: string, values: Values): Table {
  let header: readonly string[] | undefined;
  const records: { cells: readonly string[]; line: number }[] = [];
  const onRecord = (cells: readonly string[], { lines: line }: InfoRecord): null => {
    if (header === undefined) {
      header = cells.map(trimmedText);
      checkHeader(source, header);
      return null;
    }
    checkRowCount(source, records.length, line);
    records.push({ cells, line });
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
  return { header: header ?? [], records };
}

/** The type of each column; undefined for one with a meaning, whose cells are texts. Tells why one of numbers is text. */
function typesOf(
  { header, records }: Table,
  known: ReadonlyMap<string, ColumnType>,
  notes: string[],
): (ColumnType | undefined)[] {
  return header.map((name, at) => {
    if (fixedColumns.has(name)) return undefined;
    const column = new Column();
    for (const { cells } of records) if (cells[at]) column.add(cells[at]);
    const { twice } = column;
    if (twice !== undefined && name !== '' && known.get(name) !== 'text')
      notes.push(
        `Column ${shown(name)} is text, not numbers: ${twice.join(' and ')} are one number in two spellings. If they are numbers, write each in one way.`,
      );
    return column.type(known.get(name));
  });
}

/** Tells of columns without a name whose cells have values, which are left out. */
const nameless = ({ header, records }: Table): string[] =>
  header.flatMap((name, at) =>
    name === '' && records.some(({ cells }) => cells[at])
      ? [`Column ${at + 1} has no name in the first line: what it has is left out.`]
      : [],
  );

/**
 * Reads the rows of a CSV file (RFC 4180, commas, column names in the first line). Empty cells are left out. All cells of a
 * column become values of one type.
 *
 * @throws SnapshelfError `source-invalid`; `details.line` is the line
 */
export const readCsvRows: RowsReader = (source, text, { values, fieldTypes }, use) => {
  const table = readTable(source, text, values);
  const notes = nameless(table);
  const types = typesOf(table, fieldTypes, notes);
  const toRow = (cells: readonly string[], line: number): Row => ({
    line,
    cells: Object.fromEntries(
      table.header.flatMap((name, at) => {
        const cell = cells[at] ?? '';
        const type = types[at];
        return cell === '' || name === ''
          ? []
          : [[name, type === undefined ? cell : readCell(cell, type)] as const];
      }),
    ),
  });
  const made = table.records.map(({ cells, line }) => use(toRow(cells, line)));
  return { made, names: table.header, notes };
};

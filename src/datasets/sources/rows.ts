import { linesOf } from '../../files/index.ts';
import { parseUserJson } from '../../json/index.ts';
import type { ColumnType } from './columns.ts';
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
const mostValuesOfRow = 10_000;
const mostValues = 20_000_000;
/** The most characters of a row. */
export const mostCharacters: number = 128 * 1024;

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

/** The rows of a manifest, made into something, with its columns. */
export interface ReadRows<T> {
  readonly made: readonly T[];
  /** The names of the columns. */
  readonly names: readonly string[];
  /** Sentences about what was read otherwise than written. */
  readonly notes: readonly string[];
}

/** The settings of reading rows. */
export interface RowsContext {
  readonly values: Values;
  /** The types that a collection has fixed for its metadata. */
  readonly fieldTypes: ReadonlyMap<string, ColumnType>;
}

/** Reads the rows of a text and returns the results of `use` for each. */
export type RowsReader = <T>(
  source: string,
  text: string,
  context: RowsContext,
  use: (row: Row) => T,
) => ReadRows<T>;

/** Checks that one more row may be read. @throws SnapshelfError `source-invalid` */
export function checkRowCount(source: string, count: number, line: number): void {
  if (count >= mostRows) throw invalidSource(`${source} has more than ${mostRows} rows. Split it.`, { line });
}

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

/** The most names of columns that are looked at for near misses: rows of JSON can each have their own. */
const mostNames = 1000;

/**
 * Reads the rows of a JSON Lines file: one object per line; blank lines are ignored.
 *
 * @throws SnapshelfError `source-invalid`; `details.line` is the line
 */
export const readJsonRows: RowsReader = (source, text, { values }, use) => {
  const made: ReturnType<typeof use>[] = [];
  const names = new Set<string>();
  for (const [line, number] of linesOf(text)) {
    if (line.trim() === '') continue;
    checkRowCount(source, made.length, number);
    const row = parseLine(source, number, line, values);
    if (names.size < mostNames) for (const name of Object.keys(row.cells)) names.add(name);
    made.push(use(row));
  }
  return { made, names: [...names], notes: [] };
};

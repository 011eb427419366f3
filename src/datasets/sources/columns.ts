import { isRoundedWhole, parseUserJson } from '../../json/index.ts';
import type { Json } from './sample.ts';

/** The type of a column of metadata: one for all its cells, so that they can be compared with each other. */
export type ColumnType = 'text' | 'number' | 'boolean' | 'list';

const mostValuesOfCell = 10_000;

const numberPattern = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]\d{1,3})?$/i;

/** Returns the number of a cell that loses nothing by it; undefined for codes: leading zeros, more digits than a number keeps. */
function numberOf(cell: string): number | undefined {
  const text = cell.trim();
  if (!numberPattern.test(text)) return undefined;
  const value = Number(text);
  const mantissa = text.replace(/e.*/i, '').replace(/[-.]/g, '');
  if (!Number.isFinite(value) || (value === 0 && /[1-9]/.test(mantissa))) return undefined;
  const isWritten = text.includes('.') && String(value) === text && !isRoundedWhole(value);
  const keeps = mantissa.replace(/^0+/, '').length <= 15 || isWritten;
  return keeps ? value : undefined;
}

function booleanOf(cell: string): boolean | undefined {
  const text = cell.trim().toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

function listOf(cell: string): Json[] | undefined {
  if (!cell.trimStart().startsWith('[')) return undefined;
  try {
    const { value } = parseUserJson(cell, { values: mostValuesOfCell });
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The readers of each type, which return undefined for a cell that has not that type. */
const readers: Readonly<Record<ColumnType, (cell: string) => Json | undefined>> = {
  number: numberOf,
  boolean: booleanOf,
  list: listOf,
  text: (cell) => cell,
};

/** Reads a cell as its column's type. */
export const readCell = (cell: string, type: ColumnType): Json => readers[type](cell) ?? cell;

/** Finds the type of a column: the first of number, boolean and list that all its cells have; text otherwise. */
export class Column {
  #types: ColumnType[] = ['number', 'boolean', 'list', 'text'];
  /** The spelling of each number, while the column is one of numbers. */
  readonly #spellings = new Map<number, string>();
  #twice: readonly [string, string] | undefined;

  /** Takes one more cell that is not empty into account. */
  add(cell: string): void {
    if (this.#types.length === 1) return;
    if (readers[this.#types[0] ?? 'text'](cell) === undefined)
      this.#types = this.#types.filter((type) => readers[type](cell) !== undefined);
    if (this.#types[0] === 'number') this.#spell(cell.trim());
    else this.#spellings.clear();
  }

  /** Notes how a number is written. Two spellings of one number are codes, such as the versions 1.1 and 1.10. */
  #spell(text: string): void {
    const value = Number(text);
    const before = this.#spellings.get(value);
    if (before === undefined) this.#spellings.set(value, text);
    else if (before !== text) this.#twice ??= [before, text];
  }

  /** Two spellings of one number, if only they make the column text. */
  get twice(): readonly [string, string] | undefined {
    return this.#types[0] === 'number' ? this.#twice : undefined;
  }

  /**
   * Returns the type.
   *
   * @param known - the type that a collection has fixed: a column of other values is text, as it was written
   */
  type(known: ColumnType | undefined): ColumnType {
    const found = this.twice === undefined ? (this.#types[0] ?? 'text') : 'text';
    return known === undefined || known === found ? found : 'text';
  }
}

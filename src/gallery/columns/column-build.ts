import { type FilterField, type NamedParts, valueIn } from '../../engine/index.ts';
import type { RowTable } from '../memory/row-table.ts';
import type { NamedItem } from '../storage/named-items.ts';
import { Column } from './column.ts';

/** Items that a slice reads: one or two milliseconds, which requests may have to wait for. */
const itemsPerSlice = 250;

/** Reads items by rising sequence number: at most `limit` behind one, with their metadata or without. */
export type ReadItems = (after: number, limit: number, withMetadata: boolean) => readonly NamedItem[];

/** Columns in the making: a walk over the items of the database, in slices. What is written meanwhile is set in them too. */
export class ColumnBuild {
  readonly columns: Map<string, Column> = new Map();
  readonly #fields: ReadonlyMap<string, FilterField>;
  readonly #withMetadata: boolean;
  readonly #last: number;
  #after = 0;
  isDone = false;

  /**
   * @param fields by name
   * @param last the sequence number that the walk ends at: it would not catch up with what is written meanwhile, and need not
   */
  constructor(fields: ReadonlyMap<string, FilterField>, last: number) {
    this.#fields = fields;
    this.#last = last;
    for (const name of fields.keys()) this.columns.set(name, new Column());
    this.#withMetadata = [...fields.values()].some((field) => 'key' in field);
  }

  /** Does a slice. */
  step(read: ReadItems, rows: RowTable): void {
    const items = read(this.#after, itemsPerSlice, this.#withMetadata);
    for (const item of items) {
      const row = rows.rowOf(item.sequence);
      if (row !== undefined) this.set(row, item);
    }
    this.#after = items.at(-1)?.sequence ?? this.#after;
    this.isDone = items.length < itemsPerSlice || this.#after >= this.#last;
  }

  /** Sets the values of an item. */
  set(row: number, item: NamedParts): void {
    for (const [name, column] of this.columns) {
      const field = this.#fields.get(name);
      if (field !== undefined) column.set(row, valueIn(item, field));
    }
  }
}

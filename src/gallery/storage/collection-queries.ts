import { checkWhole } from '../../arguments.ts';
import type { Filter, ItemPage, ListOptions, SortField } from '../../engine/search-types.ts';
import type { FieldType, IdsOptions, Item, StoredPicture } from '../../engine/types.ts';
import type { Logger } from '../../log.ts';
import { bindingOf, decodeIdCursor, encodeIdCursor } from '../paging/cursor.ts';
import { cursorKeyOf } from '../paging/cursor-key.ts';
import { PageBudget } from '../paging/page-budget.ts';
import { itemDamaged } from './checksum.ts';
import type { Database } from './database.ts';
import { readFields, readFieldType } from './fields.ts';
import { type CompiledFilter, compileFilter } from './filter.ts';
import { sortExpression } from './filter-field.ts';
import { ItemPageFiller } from './item-page-filler.ts';
import { findRow, type ItemRow, isIntact, itemColumns, itemOf, readThumbnail } from './item-row.ts';
import { firstMissingOf, hashesOf, type Identity, idsOf, itemsOfProduct, sequencesOf } from './known-ids.ts';
import { checkOrder } from './long-numbers.ts';
import { describePicture, readPart, readPicture } from './pictures.ts';
import type { VectorSpace } from './settings.ts';
import { damaged } from './sqlite-errors.ts';
import { readState, type State } from './state.ts';
import { VectorTable } from './vector-table.ts';

/** A value that items are sorted by; null for those that have none. */
export type SortKey = null | boolean | number | string;
const maxSortText = 128;

/** Rows that a sliced walk looks at before it lets other work in. */
const window = 2000;
/** SQLite sorts every blob behind every text. */
const aboveAllTexts = new Uint8Array();

/** Reads a collection's database. Queries that may take long are generators that yield between slices. */
export class CollectionQueries {
  readonly #database: Database;
  /** Sequence numbers of the items whose rows are known to be damaged: they are left out, and counted. */
  readonly damaged: Set<number> = new Set();
  readonly #fieldType = (key: string): FieldType | undefined => readFieldType(this.#database, key);

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Reads all rows of items and remembers those that are damaged: a filter, or the order of answers, would go by them.
   * Returns the sequence numbers of all rows, rising.
   */
  findDamaged(collection: string, log: Logger): number[] {
    const query = this.#database.query<ItemRow>(`SELECT ${itemColumns} FROM items ORDER BY sequence`);
    const sequences: number[] = [];
    query.each([], (row) => {
      if (row.sequence <= (sequences.at(-1) ?? 0))
        throw damaged(this.#database.file, 'its items are out of order');
      sequences.push(row.sequence);
      return this.#isIntact(row) || true;
    });
    const { size: items } = this.damaged;
    if (items > 0)
      log.error('items are damaged, and left out: check and repair the collection', { collection, items });
    return sequences;
  }

  /** The sequence numbers of all items, rising. */
  allSequences(): number[] {
    return sequencesOf(this.#database);
  }

  #isIntact(row: ItemRow): boolean {
    if (isIntact(row)) return true;
    this.damaged.add(row.sequence);
    return false;
  }

  state(): State {
    return readState(this.#database);
  }

  vectors(space: VectorSpace): VectorTable {
    return new VectorTable(this.#database, space.generation, space.dimension);
  }

  get(id: string): Item | undefined {
    const row = findRow(this.#database, id);
    return row === undefined ? undefined : itemOf(row);
  }

  /** Describes an item's picture; undefined if none is stored. @throws SnapshelfError `gallery-damaged`, `item-damaged`. */
  picture(id: string): StoredPicture | undefined {
    const row = findRow(this.#database, id);
    if (row === undefined) return undefined;
    itemOf(row);
    return describePicture(this.#database, row);
  }

  /** Reads a whole picture. @throws SnapshelfError `item-damaged`. */
  image(picture: StoredPicture): Uint8Array<ArrayBuffer> {
    return readPicture(this.#database, picture);
  }

  /** Reads one part of a picture; undefined if its item is gone. @throws SnapshelfError `item-damaged`. */
  part(sequence: number, part: number): Uint8Array<ArrayBuffer> | undefined {
    const bytes = readPart(this.#database, sequence, part);
    if (bytes === undefined && this.identities([sequence]).length > 0) throw itemDamaged('picture', sequence);
    return bytes;
  }

  thumbnail(sequence: number): Uint8Array<ArrayBuffer> | undefined {
    return readThumbnail(this.#database, sequence);
  }

  /** Those of the sequence numbers that exist. */
  identities(sequences: readonly number[]): Identity[] {
    const sql = `SELECT sequence, id, product_id AS productId FROM items
      WHERE sequence IN (SELECT value FROM json_each(?))`;
    return this.#intact(this.#database.all<Identity>(sql, JSON.stringify(sequences)));
  }

  #intact(found: Identity[]): Identity[] {
    return this.damaged.size === 0 ? found : found.filter(({ sequence }) => !this.damaged.has(sequence));
  }

  /** The items of a product. */
  itemsOf(productId: string): Identity[] {
    return this.#intact(itemsOfProduct(this.#database, productId));
  }

  /**
   * The items of the first of the sequence numbers, as many as one answer may carry; sequence numbers without an item are passed over.
   * `looked` is how many sequence numbers that were, at least one of them with an item if any has one.
   */
  items(sequences: readonly number[]): { readonly items: Map<number, Item>; readonly looked: number } {
    const sql = `SELECT ${itemColumns} FROM items WHERE sequence = ?`;
    const budget = new PageBudget();
    const items = new Map<number, Item>();
    for (const [looked, sequence] of sequences.entries()) {
      const row = this.#database.get<ItemRow>(sql, sequence);
      if (row === undefined || !this.#isIntact(row)) continue;
      if (!budget.take(row)) return { items, looked };
      items.set(sequence, itemOf(row));
    }
    return { items, looked: sequences.length };
  }

  /** Hashes of the pictures, as they were sent, of those of the ids that exist. */
  hashes(ids: readonly string[]): Map<string, string> {
    return hashesOf(this.#database, ids);
  }

  /** The first of the ids that no item has. */
  firstMissing(ids: readonly string[]): string | undefined {
    return firstMissingOf(this.#database, ids);
  }

  /** The types of metadata fields, by key. */
  fields(): Map<string, FieldType> {
    return readFields(this.#database);
  }

  /** The values to sort items by, by sequence number. @throws SnapshelfError `filter-invalid`. */
  sortKeys(sort: readonly SortField[], sequences: readonly number[]): Map<number, SortKey[]> {
    const keys = sort.map(({ field }) => sortExpression(field));
    const sql = `SELECT sequence, json_array(${keys.map((key) => key.sql).join(', ')}) AS keys FROM items
      WHERE sequence IN (SELECT value FROM json_each(?))`;
    const values = [...keys.flatMap((key) => key.values), JSON.stringify(sequences)];
    const rows = this.#database.query<{ sequence: number; keys: string }>(sql).all(values);
    return new Map(rows.map((row) => [row.sequence, (JSON.parse(row.keys) as unknown[]).map(sortKey)]));
  }

  /** Ids by rising code points; see `Gallery.ids`. */
  ids(options: IdsOptions): string[] {
    return idsOf(this.#database, options);
  }

  /** The sequence numbers of items that have no vector in that space, rising. */
  sequencesMissingIn(space: VectorSpace): number[] {
    const sql = `SELECT sequence FROM items
      WHERE sequence NOT IN (SELECT sequence FROM vectors_${space.generation}) ORDER BY sequence`;
    return this.#database.all<{ sequence: number }>(sql).map(({ sequence }) => sequence);
  }

  /** The sequence numbers of all items that the filter lets through. */
  *sequences(filter: Filter): Generator<void, Set<number>> {
    const compiled = compileFilter(filter, this.#fieldType);
    yield* this.#checkOrder(compiled);
    const matching = this.#database.query<{ sequence: number }>(
      `SELECT sequence FROM items WHERE sequence > ? AND sequence <= ? AND ${compiled.sql}`,
    );
    const sequences = new Set<number>();
    let low = 0;
    while (low !== Number.MAX_SAFE_INTEGER) {
      const high = this.#windowEnd('sequence', low) ?? Number.MAX_SAFE_INTEGER;
      for (const { sequence } of matching.all([low, high, ...compiled.values]))
        if (!this.damaged.has(sequence)) sequences.add(sequence);
      low = high;
      yield;
    }
    return sequences;
  }

  /** A page of items by rising id. */
  *list(options: ListOptions): Generator<void, ItemPage> {
    const { filter = { and: [] }, limit = 100 } = options;
    checkWhole('limit', limit, { from: 1, to: 1000 });
    const condition = compileFilter(filter, this.#fieldType);
    const binding = bindingOf('list', JSON.stringify(options.filter ?? null));
    const seal = { key: cursorKeyOf(this.state().settings), binding };
    const query = this.#database.query<ItemRow>(`SELECT ${itemColumns} FROM items
      WHERE id > ? AND id <= ? AND ${condition.sql} ORDER BY id`);
    const page = new ItemPageFiller(limit);
    // The pages after the first one have the filter that was checked for it.
    if (options.after === undefined) yield* this.#checkOrder(condition);
    let low = options.after === undefined ? '' : decodeIdCursor(options.after, seal);
    while (!page.isFull) {
      const high = this.#windowEnd('id', low);
      query.each(
        [low, high ?? aboveAllTexts, ...condition.values],
        (row) => !this.#isIntact(row) || page.take(row),
      );
      if (high === undefined) break;
      low = high;
      yield;
    }
    const last = page.items.at(-1);
    const next = page.isFull && last !== undefined ? encodeIdCursor(seal, last.id) : null;
    const { size: damaged } = this.damaged;
    return { items: page.items, next, ...(damaged > 0 && { damaged }) };
  }

  /** Looks through all items for values that a filter's bounds would compare wrongly. @throws SnapshelfError `filter-invalid`. */
  *#checkOrder({ ordered }: CompiledFilter): Generator<void, void> {
    if (ordered.length === 0) return;
    for (let low = 0; low !== Number.MAX_SAFE_INTEGER; ) {
      const high = this.#windowEnd('sequence', low) ?? Number.MAX_SAFE_INTEGER;
      checkOrder(this.#database, ordered, { sql: 'sequence > ? AND sequence <= ?', values: [low, high] });
      low = high;
      yield;
    }
  }

  /** The key of the last row of the window that begins after `low`; undefined when the rest is less than a window. */
  #windowEnd<T extends string | number>(key: 'sequence' | 'id', low: T): T | undefined {
    const sql = `SELECT ${key} AS key FROM items WHERE ${key} > ? ORDER BY ${key} LIMIT 1 OFFSET ${window - 1}`;
    return this.#database.get<{ key: T }>(sql, low)?.key;
  }
}

/** A text's beginning is its key: cursors carry the keys of their place. */
const sortKey = (value: unknown): SortKey => {
  if (typeof value === 'string') return value.slice(0, maxSortText);
  return typeof value === 'number' || typeof value === 'boolean' ? value : null;
};

import { checkWhole } from '../../arguments.ts';
import {
  bindingOf,
  decodeIdCursor,
  encodeIdCursor,
  fieldOf,
  PageBudget,
  type SortKey,
  sortKeysOf,
} from '../../engine/index.ts';
import type { ItemPage, ListOptions, SortField } from '../../engine/search-types.ts';
import type { FieldType, IdsOptions, Item, StoredPicture } from '../../engine/types.ts';
import type { Logger } from '../../log.ts';
import { cursorKeyOf } from '../paging/cursor-key.ts';
import { itemDamaged } from './checksum.ts';
import type { Database } from './database.ts';
import { readFields, readFieldType } from './fields.ts';
import { ItemPageFiller } from './item-page-filler.ts';
import {
  findRow,
  type ItemRow,
  intactItemOf,
  isIntact,
  itemColumns,
  itemOf,
  readThumbnail,
} from './item-row.ts';
import { firstMissingOf, hashesOf, type Identity, idsOf, itemsOfProduct, sequencesOf } from './known-ids.ts';
import { type NamedItem, namedItems, namedItemsAfter } from './named-items.ts';
import { describePicture, readPart, readPicture } from './pictures.ts';
import { readChecked } from './read-checked.ts';
import { type AllowedItems, sequencesById } from './sequences-by-id.ts';
import type { VectorSpace } from './settings.ts';
import { readState, type State } from './state.ts';
import { VectorTable } from './vector-table.ts';
import { type VectorsKey, vectorsKeyOf } from './vectors-key.ts';

/** Reads a collection's database. Queries that may take long are generators that yield between slices. */
export class CollectionQueries {
  readonly #database: Database;
  /** Sequence numbers of the items whose rows are known to be damaged: they are left out, and counted. */
  readonly damaged: Set<number> = new Set();

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Reads all rows of items and remembers those that are damaged: a filter, or the order of answers, would go by them.
   * Returns the sequence numbers of all rows, rising.
   */
  findDamaged(collection: string, log: Logger): number[] {
    const { sequences, doubtful } = readChecked(this.#database);
    const sql = `SELECT ${itemColumns} FROM items WHERE sequence = ?`;
    for (const sequence of doubtful) {
      const row = this.#database.get<ItemRow>(sql, sequence);
      if (row !== undefined) this.#isIntact(row);
    }
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

  /** The key of the file of vectors that has those of the database. @param log told if it cannot be set */
  vectorsKey(log: Logger): VectorsKey {
    return vectorsKeyOf(this.#database, log);
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
      if (!budget.take({ ...row, productId: row.product_id })) return { items, looked };
      items.set(sequence, intactItemOf(row));
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

  /** The type of a metadata field, by its key; undefined if it has none. */
  fieldType(key: string): FieldType | undefined {
    return readFieldType(this.#database, key);
  }

  /** Items by rising sequence number, as filters see them: at most `limit` behind `after`, with their metadata or without. */
  namedAfter(after: number, limit: number, withMetadata: boolean): NamedItem[] {
    return namedItemsAfter(this.#database, after, limit, withMetadata);
  }

  /** The values to sort items by, by sequence number. @throws SnapshelfError `filter-invalid`. */
  sortKeys(sort: readonly SortField[], sequences: readonly number[]): Map<number, SortKey[]> {
    const fields = sort.map(({ field }) => fieldOf(field));
    const items = namedItems(this.#database, sequences);
    return new Map(items.map((item) => [item.sequence, sortKeysOf(item, fields)]));
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

  /** A page of items by rising id. @param allowed the sequence numbers of those that may be on it. Default: all */
  *list(options: ListOptions, allowed?: AllowedItems): Generator<void, ItemPage> {
    const limit = options.limit ?? 100;
    checkWhole('limit', limit, { from: 1, to: 1000 });
    const binding = bindingOf('list', JSON.stringify(options.filter ?? null));
    const seal = { key: cursorKeyOf(this.state().settings), binding };
    const page = new ItemPageFiller(limit);
    const after = options.after === undefined ? '' : decodeIdCursor(options.after, seal);
    for (const sequences of sequencesById(this.#database, after, allowed)) {
      this.#fill(page, sequences);
      if (page.isFull) break;
      yield;
    }
    const last = page.items.at(-1);
    const next = page.isFull && last !== undefined ? encodeIdCursor(seal, last.id) : null;
    const { size: damaged } = this.damaged;
    return { items: page.items, next, ...(damaged > 0 && { damaged }) };
  }

  #fill(page: ItemPageFiller, sequences: readonly number[]): void {
    const sql = `SELECT ${itemColumns} FROM items WHERE sequence = ?`;
    for (const sequence of sequences) {
      const row = this.#database.get<ItemRow>(sql, sequence);
      if (row !== undefined && this.#isIntact(row) && !page.take(row)) return;
    }
  }
}

import {
  changedItems,
  checkExpected,
  checkItemFields,
  type Expected,
  type Item,
  type ItemChange,
  type ItemInput,
  type ItemUpdate,
  type Json,
  mergePatch,
  sameMetadata,
  type WidenedField,
  type WriteOptions,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { canonical, spellingsOf } from '../../text.ts';
import { itemDamaged } from './checksum.ts';
import type { Database } from './database.ts';
import { FieldTypes } from './fields.ts';
import { insertItem, isStored, rowOf } from './insert-item.ts';
import { findRow, type ItemRow, itemOf, withChecksum } from './item-row.ts';
import type { Settings } from './settings.ts';
import { readState, writeCounters } from './state.ts';

/** The result of a change, for those that follow it. */
export interface Written {
  /** The items that have a new row, by rising sequence number. Some of them may be gone again. */
  readonly items: readonly Item[];
  /** The items that have other fields in their row. */
  readonly updated: readonly Item[];
  /** The sequence numbers that are gone. */
  readonly removed: readonly number[];
  /** The fields all of whose values became text, those of `items` and `updated` too. */
  readonly widened: readonly WidenedField[];
}

/** A change within its transaction. It keeps the counters and the types of fields. */
export class WriteTransaction {
  readonly #database: Database;
  readonly #settings: Settings;
  readonly #fields: FieldTypes;
  readonly #expected: Expected | undefined;
  readonly #items: Item[] = [];
  readonly #updated: Item[] = [];
  readonly #removed: number[] = [];
  /** Ids of items that were there and differed. */
  readonly replaced: string[] = [];
  /** Number of items that were there just so. */
  unchanged = 0;
  /** The change of each item that was upserted or updated. */
  readonly changes: ItemChange[] = [];
  #sequence: number;
  #count: number;
  #products: number;

  /** Options as those of `Gallery.upsert`. */
  constructor(database: Database, { strict = false, expected }: WriteOptions = {}) {
    this.#expected = expected;
    this.#database = database;
    const { settings, sequence, items, products } = readState(database);
    this.#settings = settings;
    this.#fields = new FieldTypes(database, strict);
    this.#sequence = sequence;
    this.#count = items;
    this.#products = products;
  }

  /** The fields that became text. */
  get widened(): WidenedField[] {
    return this.#fields.widened;
  }

  /** Writes an item, unless it is there already just so. Returns it as it is stored now. */
  upsert(given: ItemInput): Item {
    const stored = findRow(this.#database, given.id);
    this.#expect(given.id, stored);
    const input = this.#settle(given, stored);
    if (stored !== undefined) {
      if (isStored(this.#database, stored, input, this.#settings)) {
        this.unchanged += 1;
        this.changes.push('unchanged');
        return itemOf(stored);
      }
      this.#remove('id', stored.id);
      this.replaced.push(stored.id);
    }
    this.changes.push(stored === undefined ? 'added' : 'replaced');
    return this.#insert(input);
  }

  /** Changes the fields of an item in its place. Returns it as it is stored now. @throws SnapshelfError. */
  update({ id, productId, label, split, metadata }: ItemUpdate, replaceMetadata: boolean): Item {
    const stored = findRow(this.#database, id);
    if (stored === undefined)
      throw new SnapshelfError(
        'item-not-found',
        `There is no item ${JSON.stringify(id)}: nothing was changed.`,
        {
          details: { id },
        },
      );
    this.#expect(id, stored);
    const before = itemOf(stored);
    const next = {
      ...stored,
      product_id: productId === undefined ? stored.product_id : canonical(productId ?? stored.id),
      label: label === undefined ? stored.label : label && canonical(label),
      split: split === undefined ? stored.split : split,
      metadata:
        metadata === undefined
          ? stored.metadata
          : JSON.stringify(this.#metadata(before, metadata, replaceMetadata)),
    };
    if (hasSameFields(stored, next)) {
      this.unchanged += 1;
      this.changes.push('unchanged');
      return before;
    }
    this.changes.push('updated');
    const item = itemOf(this.#write(stored, { ...next, updated_at: new Date().toISOString() }));
    this.#updated.push(item);
    return item;
  }

  /** Deletes an item, by its id or sequence number. Does nothing if there is none. */
  delete(key: string | number): void {
    if (typeof key === 'string' && this.#expected !== undefined) {
      const stored = findRow(this.#database, key);
      // What is not there is told as that.
      if (stored !== undefined) this.#expect(key, stored);
    }
    const isGone =
      typeof key === 'number'
        ? this.#remove('sequence', key)
        : spellingsOf(key).some((spelled) => this.#remove('id', spelled));
    if (isGone) this.#sequence += 1;
  }

  /** Returns the items as they are stored at the end: a field that became text has changed those before. */
  settled(items: Item[]): Item[] {
    if (this.widened.length === 0) return items;
    return items.map((item) => {
      const row = findRow(this.#database, item.id);
      return row === undefined ? item : itemOf(row);
    });
  }

  /** Writes the counters. Returns the change. */
  finish(): Written {
    const sequence = this.#sequence;
    writeCounters(this.#database, { sequence, items: this.#count, products: this.#products });
    return { items: this.#items, updated: this.#updated, removed: this.#removed, widened: this.widened };
  }

  #expect(id: string, stored: ItemRow | undefined): void {
    if (this.#expected !== undefined) checkExpected(id, stored && itemOf(stored), this.#expected);
  }

  /** The item in the one spelling of its texts, with values of its fields' types. One that is stored keeps its id. */
  #settle(input: ItemInput, stored: ItemRow | undefined): ItemInput {
    const id = stored?.id ?? canonical(input.id);
    return {
      ...input,
      id,
      productId: input.productId === undefined ? id : canonical(input.productId),
      label: input.label && canonical(input.label),
      metadata: this.#fields.conform(id, input.metadata ?? {}),
    };
  }

  #metadata(
    item: Item,
    patch: Readonly<Record<string, Json>>,
    replace: boolean,
  ): Readonly<Record<string, Json>> {
    const { id } = item;
    const metadata = replace ? patch : mergePatch(item.metadata, patch);
    checkItemFields({ id, metadata }, changedItems);
    // What the patch does not name was stored, and is of its field's type.
    return this.#fields.conform(id, metadata);
  }

  #insert(input: ItemInput): Item {
    if (!this.#hasProduct(input.productId ?? input.id)) this.#products += 1;
    this.#sequence += 1;
    this.#count += 1;
    const row = rowOf(input, this.#sequence, this.#settings.storeImages);
    insertItem(this.#database, row, input, this.#settings.space);
    const item = itemOf(row);
    this.#items.push(item);
    return item;
  }

  /** Writes the fields of a row that is stored: its sequence number, and so its vector's place in indexes, stays. */
  #write(stored: ItemRow, changed: ItemRow): ItemRow {
    const row = withChecksum(changed);
    const isNewProduct = stored.product_id !== row.product_id;
    if (isNewProduct && !this.#hasProduct(row.product_id)) this.#products += 1;
    this.#database.run(
      'UPDATE items SET product_id = ?, label = ?, metadata = ?, split = ?, updated_at = ?, checksum = ? WHERE sequence = ?',
      row.product_id,
      row.label,
      row.metadata,
      row.split,
      row.updated_at,
      row.checksum,
      row.sequence,
    );
    if (isNewProduct && !this.#hasProduct(stored.product_id)) this.#products -= 1;
    this.#sequence += 1;
    return row;
  }

  /** Vectors and pictures go with the row: their tables refer to it with ON DELETE CASCADE. */
  #remove(column: 'id' | 'sequence', key: string | number): boolean {
    const sql = `DELETE FROM items WHERE ${column} = ? RETURNING sequence, product_id AS productId`;
    const [row] = unlessDamaged(key, () =>
      this.#database.all<{ sequence: number; productId: string }>(sql, key),
    );
    if (row === undefined) return false;
    this.#removed.push(row.sequence);
    this.#count -= 1;
    if (!this.#hasProduct(row.productId)) this.#products -= 1;
    return true;
  }

  #hasProduct(productId: string): boolean {
    return this.#database.get('SELECT 1 FROM items WHERE product_id = ? LIMIT 1', productId) !== undefined;
  }
}

/** A row whose id or product is damaged is not what the indexes know, so SQLite cannot remove it. */
function unlessDamaged<T>(key: string | number, remove: () => T): T {
  try {
    return remove();
  } catch (error) {
    if (error instanceof SnapshelfError && error.code === 'gallery-damaged')
      throw itemDamaged('row', key, 'It can be replaced and deleted when the collection is repaired');
    throw error;
  }
}

const hasSameFields = (stored: ItemRow, next: ItemRow): boolean =>
  stored.product_id === next.product_id &&
  stored.label === next.label &&
  stored.split === next.split &&
  sameMetadata(stored.metadata, next.metadata);

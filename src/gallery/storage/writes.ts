import type { Item, ItemInput, UpsertResult } from '../types.ts';
import type { Database } from './database.ts';
import { type ItemRow, itemColumns, itemOf, readRow, readThumbnail } from './item-row.ts';
import type { Settings, VectorSpace } from './settings.ts';
import { readState, writeCounters } from './state.ts';
import { VectorTable } from './vector-table.ts';

/** The result of a change, for those that follow it: the items that were written, and the sequence numbers that are gone. */
export interface Written {
  readonly items: readonly Item[];
  readonly removed: readonly number[];
}

/** The changes of an upsert, and its result. */
export interface Upserted {
  readonly written: Written;
  readonly result: UpsertResult;
}

/** Writes checked items in one transaction: all or none, durable when it returns. */
export function upsertItems(database: Database, inputs: readonly ItemInput[]): Upserted {
  return database.transaction(() => {
    const change = new WriteTransaction(database);
    const items = inputs.map((input) => change.upsert(input));
    const { replaced, unchanged } = change;
    const written = change.finish();
    const added = items.length - replaced.length - unchanged;
    return { written, result: { items, added, replaced, unchanged, widened: [] } };
  });
}

/** Deletes what exists of the ids in one transaction. */
export function deleteItems(database: Database, ids: readonly string[]): Written {
  return database.transaction(() => {
    const change = new WriteTransaction(database);
    for (const id of ids) if (change.remove(id)) change.sequence += 1;
    return change.finish();
  });
}

/** A change within its transaction. It keeps the counters. */
class WriteTransaction {
  readonly #database: Database;
  readonly #settings: Settings;
  readonly #items: Item[] = [];
  readonly #removed: number[] = [];
  /** Ids of items that were there and differed. */
  readonly replaced: string[] = [];
  /** Number of items that were there just so. */
  unchanged = 0;
  sequence: number;
  #count: number;
  #products: number;

  constructor(database: Database) {
    this.#database = database;
    const { settings, sequence, items, products } = readState(database);
    this.#settings = settings;
    this.sequence = sequence;
    this.#count = items;
    this.#products = products;
  }

  /** Writes an item, unless it is there already just so. Returns it as it is stored now. */
  upsert(input: ItemInput): Item {
    const stored = readRow(this.#database, input.id);
    if (stored !== undefined) {
      if (this.#isStored(stored, input)) {
        this.unchanged += 1;
        return itemOf(stored);
      }
      this.remove(input.id);
      this.replaced.push(input.id);
    }
    return this.#insert(input);
  }

  /** Vectors and pictures go with the row: their tables refer to it with ON DELETE CASCADE. */
  remove(id: string): boolean {
    const sql = 'DELETE FROM items WHERE id = ? RETURNING sequence, product_id AS productId';
    const row = this.#database.all<{ sequence: number; productId: string }>(sql, id)[0];
    if (row === undefined) return false;
    this.#removed.push(row.sequence);
    this.#count -= 1;
    if (!this.#hasProduct(row.productId)) this.#products -= 1;
    return true;
  }

  #insert(input: ItemInput): Item {
    if (!this.#hasProduct(input.productId ?? input.id)) this.#products += 1;
    this.sequence += 1;
    this.#count += 1;
    const row = rowOf(input, this.sequence, this.#settings.storeImages);
    insertItem(this.#database, row, input, this.#settings.space);
    const item = itemOf(row);
    this.#items.push(item);
    return item;
  }

  /** True if the item is stored with the same fields, vector and picture. */
  #isStored(stored: ItemRow, input: ItemInput): boolean {
    const { space, storeImages } = this.#settings;
    const given = rowOf(input, stored.sequence, storeImages);
    if (comparedColumns.some((column) => stored[column] !== given[column])) return false;
    // Pictures of one hash are the same; without one they are not compared.
    if (given.image_type !== null && given.image_hash === '') return false;
    const { sequence } = stored;
    const vector = new VectorTable(this.#database, space.generation, space.dimension)
      .get([sequence])
      .get(sequence);
    const thumbnail = readThumbnail(this.#database, sequence);
    return isSame(vector, input.vector) && isSame(thumbnail, input.thumbnail);
  }

  finish(): Written {
    const { sequence } = this;
    writeCounters(this.#database, { sequence, items: this.#count, products: this.#products });
    return { items: this.#items, removed: this.#removed };
  }

  #hasProduct(productId: string): boolean {
    return this.#database.get('SELECT 1 FROM items WHERE product_id = ? LIMIT 1', productId) !== undefined;
  }
}

const comparedColumns = (itemColumns.split(', ') as (keyof ItemRow)[]).filter(
  (column) => column !== 'sequence' && column !== 'updated_at',
);

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

const isSame = (
  stored: Float32Array | Uint8Array | undefined,
  given: Float32Array | Uint8Array | undefined,
): boolean =>
  stored === undefined || given === undefined ? stored === given : bytesOf(stored).equals(bytesOf(given));

/** Writes a row, and of a checked item what belongs to it: its vector, and its pictures where the row says so. */
export function insertItem(database: Database, row: ItemRow, input: ItemInput, space: VectorSpace): void {
  const values = itemColumns.split(', ').map((column) => row[column as keyof ItemRow]);
  database.run(`INSERT INTO items (${itemColumns}) VALUES (${values.map(() => '?').join(', ')})`, ...values);
  new VectorTable(database, space.generation, space.dimension).insert(row.sequence, input.vector);
  if (row.image_type !== null && input.image !== undefined)
    database.run('INSERT INTO images VALUES (?, ?)', row.sequence, input.image);
  if (input.thumbnail !== undefined)
    database.run('INSERT INTO thumbnails VALUES (?, ?)', row.sequence, input.thumbnail);
}

function rowOf(input: ItemInput, sequence: number, storeImages: boolean): ItemRow {
  return {
    sequence,
    id: input.id,
    product_id: input.productId ?? input.id,
    label: input.label ?? null,
    metadata: JSON.stringify(input.metadata ?? {}),
    split: input.split ?? null,
    image_hash: input.imageHash,
    image_type:
      storeImages && input.image !== undefined ? (input.imageType ?? 'application/octet-stream') : null,
    has_thumbnail: input.thumbnail === undefined ? 0 : 1,
    updated_at: new Date().toISOString(),
  };
}

import type { Item, ItemInput } from '../types.ts';
import type { Database } from './database.ts';
import { type ItemRow, itemColumns, itemOf } from './item-row.ts';
import type { Settings, VectorSpace } from './settings.ts';
import { readState, writeCounters } from './state.ts';
import { VectorTable } from './vector-table.ts';

/** The result of a change: the items as they are stored now, and the sequence numbers that are gone. */
export interface Written {
  readonly items: Item[];
  readonly removed: readonly number[];
}

/** Writes checked items in one transaction: all or none, durable when it returns. */
export function upsertItems(database: Database, inputs: readonly ItemInput[]): Written {
  return database.transaction(() => {
    const change = new WriteTransaction(database);
    for (const input of inputs) {
      change.remove(input.id);
      change.insert(input);
    }
    return change.finish();
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

  insert(input: ItemInput): void {
    if (!this.#hasProduct(input.productId ?? input.id)) this.#products += 1;
    this.sequence += 1;
    this.#count += 1;
    this.#items.push(insert(this.#database, input, this.sequence, this.#settings));
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

function insert(database: Database, input: ItemInput, sequence: number, settings: Settings): Item {
  const row = rowOf(input, sequence, settings.storeImages);
  insertItem(database, row, input, settings.space);
  return itemOf(row);
}

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

import type { Database } from './database.ts';
import { type ItemRow, itemOf } from './item-row.ts';
import { readState, type Settings } from './state.ts';
import type { Item, ItemInput } from './types.ts';
import { VectorTable } from './vector-table.ts';

/** The items as they are stored now, and the labels that are no more. */
export interface Upserted {
  readonly items: Item[];
  readonly removed: number[];
}

/** Writes checked items in one transaction: all or none, durable when it returns. */
export function upsertItems(database: Database, inputs: readonly ItemInput[]): Upserted {
  return database.transaction(() => {
    const { settings, sequence, items: count } = readState(database);
    const items: Item[] = [];
    const removed: number[] = [];
    for (const input of inputs) {
      removed.push(...remove(database, input.id));
      items.push(insert(database, input, sequence + items.length + 1, settings));
    }
    setCounters(database, sequence + items.length, count + items.length - removed.length);
    return { items, removed };
  });
}

/** Deletes what exists of the ids in one transaction; returns the labels that are no more. */
export function deleteItems(database: Database, ids: readonly string[]): number[] {
  return database.transaction(() => {
    const { sequence, items } = readState(database);
    const removed = ids.flatMap((id) => remove(database, id));
    setCounters(database, sequence + removed.length, items - removed.length);
    return removed;
  });
}

const setCounters = (database: Database, sequence: number, items: number): number =>
  database.run('UPDATE state SET sequence = ?, items = ?', sequence, items);

/** Vectors and pictures go with the row: the tables refer to it with ON DELETE CASCADE. */
const remove = (database: Database, id: string): number[] =>
  database
    .all<{ label: number }>('DELETE FROM items WHERE id = ? RETURNING label', id)
    .map((row) => row.label);

function insert(database: Database, input: ItemInput, label: number, settings: Settings): Item {
  const row = rowOf(input, label, settings.storeImages);
  database.run(
    'INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    row.label,
    row.id,
    row.product_id,
    row.item_label,
    row.metadata,
    row.split,
    row.image_hash,
    row.image_type,
    row.has_thumbnail,
    row.updated_at,
  );
  const { space } = settings;
  new VectorTable(database, space.generation, space.dimension).insert(label, input.vector);
  if (row.image_type !== null && input.image !== undefined)
    database.run('INSERT INTO images VALUES (?, ?)', label, input.image);
  if (input.thumbnail !== undefined)
    database.run('INSERT INTO thumbnails VALUES (?, ?)', label, input.thumbnail);
  return itemOf(row);
}

function rowOf(input: ItemInput, label: number, storeImages: boolean): ItemRow {
  return {
    label,
    id: input.id,
    product_id: input.productId ?? input.id,
    item_label: input.label ?? null,
    metadata: JSON.stringify(input.metadata ?? {}),
    split: input.split ?? null,
    image_hash: input.imageHash,
    image_type:
      storeImages && input.image !== undefined ? (input.imageType ?? 'application/octet-stream') : null,
    has_thumbnail: input.thumbnail === undefined ? 0 : 1,
    updated_at: new Date().toISOString(),
  };
}

import type { Item } from '../../engine/types.ts';
import type { Database } from './database.ts';
import { type ItemRow, metadataOf } from './item-row.ts';

/** The part of an item that filters name. */
export type NamedItem = Pick<Item, 'sequence' | 'id' | 'productId' | 'label' | 'split' | 'metadata'>;

type NamedRow = Pick<ItemRow, 'sequence' | 'id' | 'product_id' | 'label' | 'split' | 'metadata'>;

type NamedList = [
  sequence: number,
  id: string,
  productId: string,
  label: string | null,
  split: ItemRow['split'],
  metadata: string,
];

const toItem = (row: NamedRow): NamedItem => ({
  sequence: row.sequence,
  id: row.id,
  productId: row.product_id,
  label: row.label,
  split: row.split,
  metadata: metadataOf(row),
});

/**
 * Reads items by rising sequence number, at most `limit` behind `after`.
 * @param withMetadata false leaves the metadata empty
 * @throws SnapshelfError `gallery-damaged`
 */
export function namedItemsAfter(
  database: Database,
  after: number,
  limit: number,
  withMetadata: boolean,
): NamedItem[] {
  const sql = `SELECT sequence, id, product_id, label, split, ${withMetadata ? 'metadata' : "'{}'"}
    FROM items WHERE sequence > ? ORDER BY sequence LIMIT ?`;
  const rows = database.query(sql).lists([after, limit]) as NamedList[];
  return rows.map(([sequence, id, product_id, label, split, metadata]) =>
    toItem({ sequence, id, product_id, label, split, metadata }),
  );
}

/** Reads items by their sequence numbers. @throws SnapshelfError `gallery-damaged`. */
export function namedItems(database: Database, sequences: readonly number[]): NamedItem[] {
  const sql = `SELECT sequence, id, product_id, label, split, metadata FROM items
    WHERE sequence IN (SELECT value FROM json_each(?))`;
  return database.all<NamedRow>(sql, JSON.stringify(sequences)).map(toItem);
}

import { type Item, type Json, PageBudget } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { spellingsOf } from '../../text.ts';
import type { Client } from './connection.ts';

/** A row of a collection's items. */
export interface ItemRow {
  readonly sequence: number;
  readonly id: string;
  readonly product_id: string;
  readonly label: string | null;
  readonly metadata: string;
  readonly split: string | null;
  readonly image_hash: string;
  readonly sent_hash: string | null;
  readonly image_type: string | null;
  readonly image_bytes: number | null;
  readonly has_thumbnail: boolean;
  readonly updated_at: string;
}

const names = [
  'sequence',
  'id',
  'product_id',
  'label',
  'metadata',
  'split',
  'image_hash',
  'sent_hash',
  'image_type',
  'image_bytes',
  'has_thumbnail',
  'updated_at',
] as const satisfies (keyof ItemRow)[];

/** The columns of an item's row `i`. */
export const itemColumns: string = names.map((name) => `i.${name}`).join(', ');

/** Makes the item that a row holds. */
export const itemOf = (row: ItemRow): Item => ({
  id: row.id,
  productId: row.product_id,
  label: row.label,
  metadata: JSON.parse(row.metadata) as Record<string, Json>,
  split: row.split,
  imageHash: row.image_hash,
  sentHash: row.sent_hash ?? row.image_hash,
  hasImage: row.image_type !== null,
  hasThumbnail: row.has_thumbnail,
  sequence: row.sequence,
  updatedAt: row.updated_at,
});

/** Finds the rows of ids, each by its id as it is given, then by its other spellings. */
export async function findRows(
  client: Client,
  items: string,
  ids: readonly string[],
): Promise<Map<string, ItemRow>> {
  const sql = `SELECT ${itemColumns} FROM ${items} i WHERE i.id = ANY($1)`;
  const { rows } = await client.query<ItemRow>(sql, [[...new Set(ids.flatMap(spellingsOf))]]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const found = new Map<string, ItemRow>();
  for (const id of ids) {
    const row = spellingsOf(id)
      .map((one) => byId.get(one))
      .find((one) => one !== undefined);
    if (row !== undefined) found.set(id, row);
  }
  return found;
}

/** Makes the error of an item that is not there. */
export const itemNotFound = (collection: string, id: string): SnapshelfError =>
  new SnapshelfError('item-not-found', `The collection ${collection} has no item ${JSON.stringify(id)}.`, {
    details: { collection, id },
  });

/** Takes rows into a page until there are enough, or too many bytes of them; `isFull` when something is left. */
export function fillPage(
  rows: readonly ItemRow[],
  limit: number,
): { readonly items: Item[]; readonly isFull: boolean } {
  const budget = new PageBudget();
  const items: Item[] = [];
  for (const row of rows) {
    const { id, product_id: productId, label, metadata } = row;
    if (items.length === limit || !budget.take({ id, productId, label, metadata }))
      return { items, isFull: true };
    items.push(itemOf(row));
  }
  return { items, isFull: false };
}

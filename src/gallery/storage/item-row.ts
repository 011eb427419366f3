import { SnapshelfError } from '../../errors.ts';
import { spellingsOf } from '../../text.ts';
import { areItemTexts, maxStoredMetadata } from '../checks/validate.ts';
import type { Item, Json } from '../types.ts';
import type { Database } from './database.ts';

/** A row of `items`. */
export interface ItemRow {
  readonly sequence: number;
  readonly id: string;
  readonly product_id: string;
  readonly label: string | null;
  readonly metadata: string;
  readonly split: string | null;
  readonly image_hash: string;
  readonly image_type: string | null;
  readonly has_thumbnail: number;
  readonly updated_at: string;
  /** SHA-256 of the picture as it was sent, where what is stored differs. */
  readonly sent_hash: string | null;
}

/** The columns that `itemOf` needs, for a SELECT. */
export const itemColumns =
  'sequence, id, product_id, label, metadata, split, image_hash, image_type, has_thumbnail, updated_at, sent_hash';

/** Finds the row of an item by its id as it is given, then by its other spellings; undefined if there is none. */
export function findRow(database: Database, id: string): ItemRow | undefined {
  const sql = `SELECT ${itemColumns} FROM items WHERE id = ?`;
  for (const spelled of spellingsOf(id)) {
    const row = database.get<ItemRow>(sql, spelled);
    if (row !== undefined) return row;
  }
  return undefined;
}

/** Reads the thumbnail of an item, a JPEG; undefined if it has none. */
export const readThumbnail = (database: Database, sequence: number): Uint8Array<ArrayBuffer> | undefined =>
  database.get<{ bytes: Uint8Array<ArrayBuffer> }>(
    'SELECT bytes FROM thumbnails WHERE sequence = ?',
    sequence,
  )?.bytes;

/** Makes the item that a row holds. @throws SnapshelfError `gallery-damaged` for a row that no write would have stored. */
export function itemOf(row: ItemRow): Item {
  if (!areItemTexts(row.id, row.product_id, row.label, row.split))
    throw new SnapshelfError('gallery-damaged', `The item of change ${row.sequence} is damaged.`);
  return {
    id: row.id,
    productId: row.product_id,
    label: row.label,
    metadata: metadataOf(row),
    split: row.split,
    imageHash: row.image_hash,
    sentHash: row.sent_hash ?? row.image_hash,
    hasImage: row.image_type !== null,
    hasThumbnail: row.has_thumbnail === 1,
    sequence: row.sequence,
    updatedAt: row.updated_at,
  };
}

/** More than any metadata has, in characters: what is stored by another hand is not parsed without a bound. */
export const maxMetadata: number = maxStoredMetadata;

function metadataOf({ id, metadata }: ItemRow): Record<string, Json> {
  try {
    const value: unknown = metadata.length > maxMetadata ? undefined : JSON.parse(metadata);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, Json>;
  } catch {
    // said below
  }
  throw new SnapshelfError('gallery-damaged', `The metadata of item ${JSON.stringify(id)} is damaged.`);
}

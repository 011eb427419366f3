import { areItemTexts, type Item, type Json, maxStoredMetadata } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { spellingsOf } from '../../text.ts';
import { checksumOf, checksumOfValues, isRight, itemDamaged } from './checksum.ts';
import type { Database } from './database.ts';

/** A row of `items`. Earlier formats have no `sent_hash`, `image_bytes` and `checksum`. */
export interface ItemRow {
  readonly sequence: number;
  readonly id: string;
  readonly product_id: string;
  readonly label: string | null;
  readonly metadata: string;
  readonly split: string | null;
  /** SHA-256 of the picture that is stored. */
  readonly image_hash: string;
  /** SHA-256 of the picture as it was sent, where that was another. */
  readonly sent_hash: string | null;
  readonly image_type: string | null;
  /** Length of the picture, where one is stored. */
  readonly image_bytes: number | null;
  readonly has_thumbnail: number;
  readonly updated_at: string;
  readonly checksum: number | null;
}

const checkedColumns = [
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

/** The columns that `itemOf` needs, for a SELECT. */
export const itemColumns: string = [...checkedColumns, 'checksum'].join(', ');

const checksumOfRow = (row: Omit<ItemRow, 'checksum'>): number =>
  checksumOfValues([
    row.sequence,
    row.id,
    row.product_id,
    row.label,
    row.metadata,
    row.split,
    row.image_hash,
    row.sent_hash,
    row.image_type,
    row.image_bytes,
    row.has_thumbnail,
    row.updated_at,
  ]);

/**
 * Of a row, for a SELECT, the text whose CRC-32 is its checksum, as SQLite writes it: most times as fast as to read the values. What it writes
 * otherwise than `JSON.stringify` does has another checksum, and needs a look at the row itself.
 */
export const checkedText: string = `json_array(${checkedColumns.join(', ')})`;

/** Returns the row with the checksum of its values. */
export const withChecksum = (row: Omit<ItemRow, 'checksum'>): ItemRow => ({
  ...row,
  checksum: checksumOfRow(row),
});

/** True if the row is as it was written. */
export const isIntact = (row: ItemRow): boolean => isRight(row.checksum, () => checksumOfRow(row));

/** Writes a new row. */
export function insertRow(database: Database, row: ItemRow): void {
  const values = [...checkedColumns.map((column) => row[column]), row.checksum];
  database.run(`INSERT INTO items (${itemColumns}) VALUES (${values.map(() => '?').join(', ')})`, ...values);
}

/**
 * Finds the row of an item by its id as it is given, then by its other spellings; undefined if there is none.
 * @throws SnapshelfError `item-damaged` if what is stored under that id says that it is another item.
 */
export function findRow(database: Database, id: string): ItemRow | undefined {
  const sql = `SELECT ${itemColumns} FROM items WHERE id = ?`;
  for (const spelled of spellingsOf(id)) {
    const row = database.get<ItemRow>(sql, spelled);
    if (row === undefined) continue;
    if (row.id !== spelled) throw itemDamaged('row', spelled, 'Check and repair the collection');
    return row;
  }
  return undefined;
}

/** Writes the thumbnail of an item. */
export const insertThumbnail = (database: Database, sequence: number, bytes: Uint8Array): number =>
  database.run('INSERT INTO thumbnails VALUES (?, ?, ?)', sequence, checksumOf(bytes, sequence), bytes);

/**
 * Reads the thumbnail of an item, a JPEG; undefined if it has none.
 * @throws SnapshelfError `item-damaged`.
 */
export function readThumbnail(database: Database, sequence: number): Uint8Array<ArrayBuffer> | undefined {
  const sql = 'SELECT checksum, bytes FROM thumbnails WHERE sequence = ?';
  const row = database.get<{ checksum: number | null; bytes: Uint8Array<ArrayBuffer> }>(sql, sequence);
  if (row === undefined) return undefined;
  if (isRight(row.checksum, () => checksumOf(row.bytes, sequence))) return row.bytes;
  throw itemDamaged('thumbnail', sequence);
}

/**
 * Makes the item that a row holds.
 * @throws SnapshelfError `item-damaged` for a row that is not as it was written, `gallery-damaged` for one that no write
 * would have stored.
 */
export function itemOf(row: ItemRow): Item {
  if (!isIntact(row)) throw itemDamaged('row', row.sequence);
  return intactItemOf(row);
}

/** Makes the item of a row that `isIntact`. @throws SnapshelfError `gallery-damaged` for one that no write would have stored. */
export function intactItemOf(row: ItemRow): Item {
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

/** Returns the metadata of a row. @throws SnapshelfError `gallery-damaged` for what no write would have stored. */
export function metadataOf({ id, metadata }: Pick<ItemRow, 'id' | 'metadata'>): Record<string, Json> {
  try {
    const value: unknown = metadata.length > maxMetadata ? undefined : JSON.parse(metadata);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, Json>;
  } catch {
    // said below
  }
  throw new SnapshelfError('gallery-damaged', `The metadata of item ${JSON.stringify(id)} is damaged.`);
}

import { isDeepStrictEqual } from 'node:util';
import type { ItemInput } from '../types.ts';
import type { Database } from './database.ts';
import { type ItemRow, itemColumns, readThumbnail } from './item-row.ts';
import type { Settings, VectorSpace } from './settings.ts';
import { VectorTable } from './vector-table.ts';

/** Makes the row of a checked item. */
export function rowOf(input: ItemInput, sequence: number, storeImages: boolean): ItemRow {
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
    sent_hash: input.sentHash === input.imageHash ? null : (input.sentHash ?? null),
  };
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

const comparedColumns = (itemColumns.split(', ') as (keyof ItemRow)[]).filter(
  (column) => !['sequence', 'updated_at', 'metadata'].includes(column),
);

/** True if the item of a row has the fields, vector and picture of the input. */
export function isStored(
  database: Database,
  stored: ItemRow,
  input: ItemInput,
  { space, storeImages }: Settings,
): boolean {
  const given = rowOf(input, stored.sequence, storeImages);
  if (comparedColumns.some((column) => stored[column] !== given[column])) return false;
  // Pictures of one hash are the same; without one they are not compared.
  if (given.image_type !== null && given.image_hash === '') return false;
  if (!sameMetadata(stored.metadata, given.metadata)) return false;
  const { sequence } = stored;
  const vector = new VectorTable(database, space.generation, space.dimension).get([sequence]).get(sequence);
  return isSame(vector, input.vector) && isSame(readThumbnail(database, sequence), input.thumbnail);
}

/** True if two JSON texts hold the same values, in whatever order of keys. */
export const sameMetadata = (stored: string, given: string): boolean =>
  stored === given || isDeepStrictEqual(JSON.parse(stored), JSON.parse(given));

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

const isSame = (
  stored: Float32Array | Uint8Array | undefined,
  given: Float32Array | Uint8Array | undefined,
): boolean =>
  stored === undefined || given === undefined ? stored === given : bytesOf(stored).equals(bytesOf(given));

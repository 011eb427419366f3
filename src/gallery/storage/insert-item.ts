import { type ItemInput, sameMetadata } from '../../engine/index.ts';
import type { Database } from './database.ts';
import {
  type ItemRow,
  insertRow,
  insertThumbnail,
  isIntact,
  readThumbnail,
  withChecksum,
} from './item-row.ts';
import { hasWholePicture, insertPicture } from './pictures.ts';
import type { Settings, VectorSpace } from './settings.ts';
import { VectorTable } from './vector-table.ts';

/** Makes the row of a checked item. */
export function rowOf(input: ItemInput, sequence: number, storeImages: boolean): ItemRow {
  const image = storeImages ? input.image : undefined;
  return withChecksum({
    sequence,
    id: input.id,
    product_id: input.productId ?? input.id,
    label: input.label ?? null,
    metadata: JSON.stringify(input.metadata ?? {}),
    split: input.split ?? null,
    image_hash: input.imageHash,
    sent_hash: input.sentHash === undefined || input.sentHash === input.imageHash ? null : input.sentHash,
    image_type: image === undefined ? null : (input.imageType ?? 'application/octet-stream'),
    image_bytes: image === undefined ? null : image.length,
    has_thumbnail: input.thumbnail === undefined ? 0 : 1,
    updated_at: new Date().toISOString(),
  });
}

/** Writes a row, and of a checked item what belongs to it: its vector, and its pictures where the row says so. */
export function insertItem(database: Database, row: ItemRow, input: ItemInput, space: VectorSpace): void {
  insertRow(database, row);
  new VectorTable(database, space.generation, space.dimension).insert(row.sequence, input.vector);
  if (row.image_type !== null && input.image !== undefined)
    insertPicture(database, row.sequence, input.image);
  if (input.thumbnail !== undefined) insertThumbnail(database, row.sequence, input.thumbnail);
}

const comparedColumns = [
  'id',
  'product_id',
  'label',
  'split',
  'image_hash',
  'image_type',
  'has_thumbnail',
] as const;

/** The SHA-256 of a row's picture as it was sent, which tells whether another is the same. */
const sentHashOf = (row: ItemRow): string => row.sent_hash ?? row.image_hash;

/** True if the item of a row has the fields, vector and picture of the input, and all of them can be read. */
export function isStored(
  database: Database,
  stored: ItemRow,
  input: ItemInput,
  { space, storeImages }: Settings,
): boolean {
  const given = rowOf(input, stored.sequence, storeImages);
  if (comparedColumns.some((column) => stored[column] !== given[column])) return false;
  if (sentHashOf(stored) !== sentHashOf(given)) return false;
  // Pictures of one hash are the same; without one they are not compared.
  if (given.image_type !== null && given.image_hash === '') return false;
  if (!isIntact(stored) || !sameMetadata(stored.metadata, given.metadata)) return false;
  const { sequence } = stored;
  const vector = new VectorTable(database, space.generation, space.dimension).get([sequence]).get(sequence);
  if (!isSame(vector, input.vector) || !hasWholePicture(database, stored)) return false;
  try {
    return isSame(readThumbnail(database, sequence), input.thumbnail);
  } catch {
    return false;
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

const isSame = (
  stored: Float32Array | Uint8Array | undefined,
  given: Float32Array | Uint8Array | undefined,
): boolean =>
  stored === undefined || given === undefined ? stored === given : bytesOf(stored).equals(bytesOf(given));

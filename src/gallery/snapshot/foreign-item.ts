import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  checkItem,
  type ItemInput,
  type Json,
  type Split,
  storedItems,
  type VectorRules,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { checksumOf, isRight } from '../storage/checksum.ts';
import type { Database } from '../storage/database.ts';
import {
  type ItemRow,
  isIntact,
  itemColumns,
  maxMetadata,
  readThumbnail,
  withChecksum,
} from '../storage/item-row.ts';
import { partsOf, readPart, readPicture } from '../storage/pictures.ts';
import { time } from '../storage/settings.ts';
import { vectorTableName } from '../storage/tables.ts';

const text = z.string();
const row = z.strictObject({
  sequence: z.int().min(1),
  id: text,
  product_id: text,
  label: text.nullable(),
  metadata: text,
  split: text.nullable(),
  image_hash: text,
  sent_hash: text.nullable(),
  image_type: text.nullable(),
  image_bytes: z.int().min(0).nullable(),
  has_thumbnail: z.union([z.literal(0), z.literal(1)]),
  updated_at: time,
  checksum: z.int().nullable(),
});

/** An item of another file, checked as one that is written through the API. */
export interface ForeignItem {
  /** The row as it is stored, with metadata that this program has written anew. */
  readonly row: ItemRow;
  readonly input: ItemInput;
}

const refuse = (id: string, why: string): never => {
  throw new SnapshelfError('item-invalid', `The item ${JSON.stringify(id)} ${why}.`);
};

/** At most `limit` rows of items with a sequence number above `sequence`, as they are. */
export const rowsAfter = (foreign: Database, sequence: number, limit: number): unknown[] =>
  foreign.all(
    `SELECT ${itemColumns} FROM items WHERE sequence > ? ORDER BY sequence LIMIT ?`,
    sequence,
    limit,
  );

/**
 * Reads an item from its row, with its pictures and its vector.
 * @throws SnapshelfError `item-invalid`, `id-invalid`, `vector-invalid` or `dimension-mismatch` for an item that the API
 * would not take, or that contradicts itself.
 */
export function readItem(
  foreign: Database,
  found: unknown,
  space: VectorRules & { readonly generation: number },
): ForeignItem {
  const parsed = row.safeParse({ ...(found as object) });
  if (!parsed.success) throw new SnapshelfError('item-invalid', 'A row of its items is malformed.');
  const stored = parsed.data;
  if (!isIntact(stored)) refuse(stored.id, 'is damaged: its checksum is not that of its values');
  const vector = vectorOf(foreign, space.generation, stored.sequence);
  if (vector === undefined) return refuse(stored.id, 'has no vector');
  const input: ItemInput = {
    id: stored.id,
    productId: stored.product_id,
    label: stored.label ?? undefined,
    metadata: metadataOf(stored.id, stored.metadata),
    // The check below refuses any other text.
    split: (stored.split ?? undefined) as Split | undefined,
    imageHash: stored.image_hash,
    sentHash: stored.sent_hash ?? undefined,
    imageType: stored.image_type ?? undefined,
    image: pictureOf(foreign, stored),
    thumbnail: readThumbnail(foreign, stored.sequence),
    vector,
  };
  checkItem(input, space, storedItems);
  checkPictures(stored, input);
  const { checksum: _, ...values } = stored;
  const image_bytes = input.image?.length ?? null;
  return { row: withChecksum({ ...values, image_bytes, metadata: JSON.stringify(input.metadata) }), input };
}

function metadataOf(id: string, json: string): Record<string, Json> {
  if (json.length > maxMetadata) refuse(id, 'has too much metadata');
  try {
    return JSON.parse(json) as Record<string, Json>; // checked with the item
  } catch {
    return refuse(id, 'has metadata that is no JSON');
  }
}

/** Compares an item's row with its pictures: the row says which it has, and clients compare the picture's hash. */
function checkPictures(stored: ItemRow, { image, thumbnail }: ItemInput): void {
  if ((stored.image_type === null) !== (image === undefined)) refuse(stored.id, 'contradicts its picture');
  if ((stored.has_thumbnail === 1) !== (thumbnail !== undefined))
    refuse(stored.id, 'contradicts its thumbnail');
  if (image === undefined || stored.image_hash === '') return;
  if (createHash('sha256').update(image).digest('hex') !== stored.image_hash)
    refuse(stored.id, 'has a picture of another SHA-256');
}

/** The picture that is there, whether or not the row says that there is one. */
function pictureOf(foreign: Database, row: ItemRow): Uint8Array | undefined {
  const { sequence } = row;
  const bytes = readPart(foreign, sequence, 0);
  // In earlier formats a picture is one part.
  if (bytes === undefined || row.image_bytes === null) return bytes;
  return readPicture(foreign, { sequence, byteLength: row.image_bytes, parts: partsOf(row.image_bytes) });
}

/**
 * Reads the raw vector of an item in a generation, `float32[n]`. Returns undefined if it has none.
 * @throws SnapshelfError `vector-invalid`, `item-invalid`.
 */
export function vectorOf(foreign: Database, generation: number, sequence: number): Float32Array | undefined {
  const sql = `SELECT checksum, vector FROM ${vectorTableName(generation)} WHERE sequence = ?`;
  const found = foreign.get<{ checksum: number | null; vector: unknown }>(sql, sequence);
  if (found === undefined) return undefined;
  const bytes = asBlob(found.vector);
  if (!isRight(found.checksum, () => checksumOf(bytes, sequence)))
    throw new SnapshelfError('vector-invalid', 'A vector is damaged: its checksum is not that of its bytes.');
  if (bytes.length % 4 !== 0) throw new SnapshelfError('vector-invalid', 'A vector is cut off.');
  return new Float32Array(bytes.slice().buffer);
}

function asBlob(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new SnapshelfError('item-invalid', 'A blob of it is none.');
}

import { checkWhole } from '../../arguments.ts';
import {
  bindingOf,
  checkItemId,
  decodeIdCursor,
  encodeIdCursor,
  type IdsOptions,
  type ItemPage,
  type ListOptions,
  type StoredImage,
  type StoredPicture,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { spellingsOf } from '../../text.ts';
import type { Client } from './connection.ts';
import { filterSql, Parameters } from './filter-sql.ts';
import { fillPage, findRows, type ItemRow, itemColumns, itemNotFound } from './item-rows.ts';
import { checkPicture } from './stored-pictures.ts';
import { type CollectionRow, fieldTypes, tablesOf } from './tables.ts';
import { vectorOf } from './vector-bytes.ts';
import { partsOf } from './write-items.ts';

/** Reads the row of an item. @throws SnapshelfError `item-not-found`, `id-invalid`. */
export async function itemRow(client: Client, collection: CollectionRow, id: string): Promise<ItemRow> {
  checkItemId(id);
  const row = (await findRows(client, tablesOf(collection).items, [id])).get(id);
  if (row === undefined) throw itemNotFound(collection.name, id);
  return row;
}

/** Reads a page of items by rising id; see `Engine.list`. */
export async function listItems(
  client: Client,
  collection: CollectionRow,
  options: ListOptions,
): Promise<ItemPage> {
  const { filter, after, limit = 100 } = options;
  checkWhole('limit', limit, { from: 1, to: 1000 });
  const seal = { key: collection.cursor_key, binding: bindingOf('list', JSON.stringify(filter ?? null)) };
  const { items } = tablesOf(collection);
  const parameters = new Parameters();
  const types = await fieldTypes(client, collection);
  const condition = await filterSql(client, filter, { items, types, parameters });
  const from = parameters.add(after === undefined ? '' : decodeIdCursor(after, seal));
  const sql = `SELECT ${itemColumns} FROM ${items} i WHERE ${condition} AND i.id > ${from}::text
    ORDER BY i.id LIMIT ${parameters.add(limit + 1)}::bigint`;
  const { rows } = await client.query<ItemRow>(sql, parameters.values);
  const page = fillPage(rows, limit);
  const last = page.items.at(-1);
  return {
    items: page.items,
    next: page.isFull && last !== undefined ? encodeIdCursor(seal, last.id) : null,
  };
}

/** Reads a page of ids by rising code points; see `Engine.ids`. */
export async function listIds(client: Client, items: string, options: IdsOptions): Promise<string[]> {
  const { prefix = '', after = '', limit = 10_000 } = options;
  checkWhole('limit', limit, { from: 1, to: 10_000 });
  const sql = `SELECT id FROM ${items} WHERE id > $1 AND id >= $2 AND starts_with(id, $2) ORDER BY id LIMIT $3`;
  const { rows } = await client.query<{ id: string }>(sql, [after, prefix, limit]);
  return rows.map(({ id }) => id);
}

/** Reads the hashes of the pictures, as they were sent, of those of the ids that exist. */
export async function hashesOf(
  client: Client,
  items: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const sql = `SELECT id, coalesce(sent_hash, image_hash) AS hash FROM ${items} WHERE id = ANY($1)`;
  const { rows } = await client.query<{ id: string; hash: string }>(sql, [ids.flatMap(spellingsOf)]);
  const hashes = new Map(rows.map(({ id, hash }) => [id, hash]));
  return new Map(
    ids.flatMap((id) => {
      const found = spellingsOf(id).find((one) => hashes.has(one));
      return found === undefined ? [] : [[id, hashes.get(found) as string] as const];
    }),
  );
}

/** Reads the vectors of items, `float32[N,D]`. @throws SnapshelfError `item-not-found`; RangeError for too many. */
export async function readVectors(
  client: Client,
  collection: CollectionRow,
  ids: readonly string[],
): Promise<Float32Array> {
  checkWhole('ids.length', ids.length, { from: 0, to: 1000 });
  ids.forEach(checkItemId);
  const { items, vectors } = tablesOf(collection);
  const { space } = collection;
  const found = await findRows(client, items, ids);
  const missing = ids.find((id) => !found.has(id));
  if (missing !== undefined) throw itemNotFound(collection.name, missing);
  const sql = `SELECT sequence, vector_send(vector) AS vector FROM ${vectors(space)} WHERE sequence = ANY($1)`;
  const { rows } = await client.query<{ sequence: number; vector: Buffer }>(sql, [
    [...found.values()].map(({ sequence }) => sequence),
  ]);
  const bySequence = new Map(rows.map(({ sequence, vector }) => [sequence, vector]));
  const all = new Float32Array(ids.length * space.dimension);
  for (const [row, id] of ids.entries()) {
    const bytes = bySequence.get(found.get(id)?.sequence ?? -1);
    if (bytes === undefined)
      throw new SnapshelfError('gallery-damaged', `The vector of item ${JSON.stringify(id)} is missing.`);
    all.set(vectorOf(bytes), row * space.dimension);
  }
  return all;
}

const notStored = (kind: 'image' | 'thumbnail', id: string): SnapshelfError =>
  new SnapshelfError('image-not-stored', `No ${kind} of item ${JSON.stringify(id)} is stored.`);

/** Describes the picture of an item. @throws SnapshelfError `item-not-found`, `image-not-stored`. */
export async function describePicture(
  client: Client,
  collection: CollectionRow,
  id: string,
): Promise<StoredPicture> {
  const {
    sequence,
    image_type: mediaType,
    image_bytes,
    image_hash: hash,
  } = await itemRow(client, collection, id);
  if (mediaType === null) throw notStored('image', id);
  const byteLength = image_bytes ?? 0;
  return { sequence, mediaType, byteLength, parts: partsOf(byteLength), hash };
}

/**
 * Reads one part of a picture; undefined if its item is gone. All parts are compared with what was stored before the first is handed out.
 * @throws SnapshelfError `item-damaged`.
 */
export async function picturePart(
  client: Client,
  collection: CollectionRow,
  picture: StoredPicture,
  part: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { items, images } = tablesOf(collection);
  const sql = `SELECT p.bytes FROM ${items} i LEFT JOIN ${images} p ON p.sequence = i.sequence AND p.part = $2
    WHERE i.sequence = $1`;
  const { rows } = await client.query<{ bytes: Buffer | null }>(sql, [picture.sequence, part]);
  if (rows[0] === undefined) return undefined;
  const { bytes } = rows[0];
  if (part === 0 || bytes === null) await checkPicture(client, images, picture);
  return new Uint8Array(bytes ?? []);
}

/** Reads the whole picture of an item. @throws SnapshelfError `item-not-found`, `image-not-stored`, `item-damaged`. */
export async function readImage(client: Client, collection: CollectionRow, id: string): Promise<StoredImage> {
  const picture = await describePicture(client, collection, id);
  const { images } = tablesOf(collection);
  await checkPicture(client, images, picture);
  const sql = `SELECT bytes FROM ${images} WHERE sequence = $1 ORDER BY part`;
  const { rows } = await client.query<{ bytes: Buffer }>(sql, [picture.sequence]);
  return { bytes: new Uint8Array(Buffer.concat(rows.map((row) => row.bytes))), mediaType: picture.mediaType };
}

/** Reads the thumbnail of an item. @throws SnapshelfError `item-not-found`, `image-not-stored`. */
export async function readThumbnail(
  client: Client,
  collection: CollectionRow,
  id: string,
): Promise<StoredImage> {
  const { sequence } = await itemRow(client, collection, id);
  const sql = `SELECT bytes FROM ${tablesOf(collection).thumbnails} WHERE sequence = $1`;
  const { rows } = await client.query<{ bytes: Buffer }>(sql, [sequence]);
  if (rows[0] === undefined) throw notStored('thumbnail', id);
  return { bytes: new Uint8Array(rows[0].bytes), mediaType: 'image/jpeg' };
}

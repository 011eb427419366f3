import type { ItemInput, Json } from '../../engine/index.ts';
import type { Client } from './connection.ts';
import type { ItemRow } from './item-rows.ts';
import { storedFields } from './stored-text.ts';
import { type CollectionRow, tablesOf } from './tables.ts';
import { isOdd, vectorBytes } from './vector-bytes.ts';

/** Bytes of a part of a stored picture; the last part has the rest. */
const partBytes = 256 * 1024;
/** Vectors that one statement writes: a statement takes 65,535 values. */
const vectorsPerStatement = 500;

/** The number of parts of a picture of that many bytes: at least one. */
export const partsOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / partBytes));

/** A row that is to be written, with what belongs to it. */
export interface NewRow {
  readonly row: ItemRow;
  readonly input: ItemInput;
}

/** Makes the row of a checked item. */
export function rowOf(input: ItemInput, sequence: number, storeImages: boolean): ItemRow {
  const image = storeImages ? input.image : undefined;
  const { imageHash, sentHash } = input;
  return {
    sequence,
    id: input.id,
    product_id: input.productId ?? input.id,
    label: input.label ?? null,
    metadata: JSON.stringify(input.metadata ?? {}),
    split: input.split ?? null,
    image_hash: imageHash,
    sent_hash: sentHash === undefined || sentHash === imageHash ? null : sentHash,
    image_type: image === undefined ? null : (input.imageType ?? 'application/octet-stream'),
    image_bytes: image === undefined ? null : image.length,
    has_thumbnail: input.thumbnail !== undefined,
    updated_at: new Date().toISOString(),
  };
}

/** The metadata of a row, for filters. */
const fieldsOf = ({ metadata }: ItemRow): string =>
  JSON.stringify(storedFields(JSON.parse(metadata) as Record<string, Json>));

/** Writes rows with their vectors and pictures. */
export async function insertRows(
  client: Client,
  collection: CollectionRow,
  added: readonly NewRow[],
): Promise<void> {
  const { items, vectors } = tablesOf(collection);
  const rows = added.map(({ row }) => row);
  const all = <K extends keyof ItemRow>(key: K): ItemRow[K][] => rows.map((row) => row[key]);
  await client.query(
    `INSERT INTO ${items} SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[],
      $7::text[], $8::text[], $9::text[], $10::text[], $11::bigint[], $12::boolean[], $13::text[])`,
    [
      all('sequence'),
      all('id'),
      all('product_id'),
      all('label'),
      all('metadata'),
      rows.map(fieldsOf),
      all('split'),
      all('image_hash'),
      all('sent_hash'),
      all('image_type'),
      all('image_bytes'),
      all('has_thumbnail'),
      all('updated_at'),
    ],
  );
  await insertVectors(
    client,
    vectors(collection.space),
    added.map(({ row, input }) => ({ sequence: row.sequence, vector: input.vector })),
  );
  for (const one of added) await insertPictures(client, collection, one);
}

async function insertPictures(
  client: Client,
  collection: CollectionRow,
  { row, input }: NewRow,
): Promise<void> {
  const { images, thumbnails } = tablesOf(collection);
  if (row.image_type !== null && input.image !== undefined)
    for (let part = 0; part < partsOf(input.image.length); part += 1)
      await client.query(`INSERT INTO ${images} VALUES ($1, $2, $3)`, [
        row.sequence,
        part,
        Buffer.from(input.image.subarray(part * partBytes, (part + 1) * partBytes)),
      ]);
  if (input.thumbnail !== undefined)
    await client.query(`INSERT INTO ${thumbnails} VALUES ($1, $2)`, [
      row.sequence,
      Buffer.from(input.thumbnail),
    ]);
}

/** Writes vectors, in the place of those of the same rows. */
export async function insertVectors(
  client: Client,
  table: string,
  added: readonly { readonly sequence: number; readonly vector: Float32Array }[],
): Promise<void> {
  for (let start = 0; start < added.length; start += vectorsPerStatement) {
    const some = added.slice(start, start + vectorsPerStatement);
    const places = some.map(
      (_, i) => `($${3 * i + 1}::bigint, $${3 * i + 2}::vector, $${3 * i + 3}::boolean)`,
    );
    await client.query(
      `INSERT INTO ${table} VALUES ${places.join(', ')}
        ON CONFLICT (sequence) DO UPDATE SET vector = excluded.vector, odd = excluded.odd`,
      some.flatMap(({ sequence, vector }) => [sequence, vectorBytes(vector), isOdd(vector)]),
    );
  }
}

/** Removes rows by their sequence numbers, with what belongs to them. */
export async function removeRows(
  client: Client,
  collection: CollectionRow,
  sequences: readonly number[],
): Promise<void> {
  if (sequences.length === 0) return;
  await client.query(`DELETE FROM ${tablesOf(collection).items} WHERE sequence = ANY($1)`, [sequences]);
}

/** Writes the fields of rows that are there. */
export async function updateRows(
  client: Client,
  collection: CollectionRow,
  rows: readonly ItemRow[],
): Promise<void> {
  for (const row of rows)
    await client.query(
      `UPDATE ${tablesOf(collection).items} SET product_id = $2, label = $3, metadata = $4, fields = $5, split = $6, updated_at = $7
        WHERE sequence = $1`,
      [row.sequence, row.product_id, row.label, row.metadata, fieldsOf(row), row.split, row.updated_at],
    );
}

/** Counts those of the products that have an item. */
export async function countProducts(
  client: Client,
  collection: CollectionRow,
  products: ReadonlySet<string>,
): Promise<number> {
  if (products.size === 0) return 0;
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*) AS count FROM unnest($1::text[]) AS product(id)
      WHERE EXISTS (SELECT 1 FROM ${tablesOf(collection).items} i WHERE i.product_id = product.id)`,
    [[...products]],
  );
  return rows[0]?.count ?? 0;
}

/** Writes the counters of a collection. */
export async function writeCounters(
  client: Client,
  { number }: CollectionRow,
  {
    sequence,
    items,
    products,
  }: { readonly sequence: number; readonly items: number; readonly products: number },
): Promise<void> {
  await client.query(
    'UPDATE collections SET sequence = $2, items = items + $3, products = products + $4 WHERE number = $1',
    [number, sequence, items, products],
  );
}

import {
  checkExpected,
  type Expected,
  type ItemChange,
  type ItemInput,
  sameMetadata,
  type UpsertResult,
  type WriteOptions,
} from '../../engine/index.ts';
import { canonical, spellingsOf } from '../../text.ts';
import type { Client } from './connection.ts';
import { Fields } from './fields.ts';
import { findRows, type ItemRow, itemOf } from './item-rows.ts';
import { damagedPictures } from './stored-pictures.ts';
import { type CollectionRow, tablesOf } from './tables.ts';
import { vectorOf } from './vector-bytes.ts';
import { countProducts, insertRows, type NewRow, removeRows, rowOf, writeCounters } from './write-items.ts';

/** The vector and the thumbnail of a stored row. */
interface Belongings {
  readonly vector: Float32Array;
  readonly thumbnail: Uint8Array | null;
  /** True for a picture that is not what was stored: the same one, sent again, takes its place. */
  readonly isPictureDamaged: boolean;
}

/** An item as this transaction has it so far. */
interface Known {
  readonly row: ItemRow;
  readonly belongings: Belongings;
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

const sentHashOf = (row: ItemRow): string => row.sent_hash ?? row.image_hash;

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

function isSame({ row, belongings }: Known, given: ItemRow, input: ItemInput): boolean {
  if (comparedColumns.some((column) => row[column] !== given[column])) return false;
  if (sentHashOf(row) !== sentHashOf(given)) return false;
  // Pictures of one hash are the same; without one they are not compared.
  if (given.image_type !== null && given.image_hash === '') return false;
  if (!sameMetadata(row.metadata, given.metadata)) return false;
  if (!bytesOf(belongings.vector).equals(bytesOf(input.vector)) || belongings.isPictureDamaged) return false;
  return (
    input.thumbnail === undefined ||
    bytesOf(belongings.thumbnail ?? new Uint8Array()).equals(bytesOf(input.thumbnail))
  );
}

async function knownItems(
  client: Client,
  collection: CollectionRow,
  inputs: readonly ItemInput[],
): Promise<Map<string, Known>> {
  const { items, thumbnails, vectors, images } = tablesOf(collection);
  const rows = await findRows(
    client,
    items,
    inputs.map(({ id }) => id),
  );
  const sql = `SELECT v.sequence, vector_send(v.vector) AS vector, t.bytes AS thumbnail
    FROM ${vectors(collection.space)} v LEFT JOIN ${thumbnails} t USING (sequence) WHERE v.sequence = ANY($1)`;
  const sequences = [...rows.values()].map(({ sequence }) => sequence);
  const found =
    sequences.length === 0
      ? []
      : (await client.query<{ sequence: number; vector: Buffer; thumbnail: Buffer | null }>(sql, [sequences]))
          .rows;
  const bySequence = new Map(
    found.map(({ sequence, vector, thumbnail }) => [sequence, { vector: vectorOf(vector), thumbnail }]),
  );
  const damaged = await damagedPictures(client, images, sentAgain(inputs, rows));
  const known = new Map<string, Known>();
  for (const row of rows.values()) {
    const { vector = new Float32Array(), thumbnail = null } = bySequence.get(row.sequence) ?? {};
    const isPictureDamaged = damaged.has(row.sequence);
    known.set(row.id, { row, belongings: { vector, thumbnail, isPictureDamaged } });
  }
  return known;
}

/** The stored pictures of rows that are sent again: those of another hash are replaced anyway. */
const sentAgain = (inputs: readonly ItemInput[], rows: ReadonlyMap<string, ItemRow>) =>
  inputs.flatMap(({ id, imageHash }) => {
    const row = rows.get(id);
    if (row === undefined || row.image_type === null || row.image_hash !== imageHash) return [];
    return [{ sequence: row.sequence, byteLength: row.image_bytes ?? 0, hash: row.image_hash }];
  });

/** Stores checked items in a transaction that has locked their collection; see `Engine.upsert`. */
export async function upsertItems(
  client: Client,
  collection: CollectionRow,
  inputs: readonly ItemInput[],
  { strict = false, expected }: WriteOptions,
): Promise<UpsertResult> {
  const fields = await Fields.read(client, collection, strict);
  const upsert = new Upsert(collection, fields, await knownItems(client, collection, inputs));
  for (const input of inputs) upsert.take(input, expected);
  await upsert.write(client);
  return upsert.result();
}

/** The changes of one call, item by item; then they are written together. */
class Upsert {
  readonly #collection: CollectionRow;
  readonly #fields: Fields;
  /** By id, as they are after the items taken so far. */
  readonly #known: Map<string, Known>;
  readonly #added = new Map<string, NewRow>();
  readonly #removed: number[] = [];
  readonly #products = new Set<string>();
  readonly #rows: ItemRow[] = [];
  readonly #changes: ItemChange[] = [];
  readonly #replaced: string[] = [];
  #sequence: number;

  constructor(collection: CollectionRow, fields: Fields, known: Map<string, Known>) {
    this.#collection = collection;
    this.#fields = fields;
    this.#known = known;
    this.#sequence = collection.sequence;
  }

  /** Takes an item in. @throws SnapshelfError `item-changed`, `field-type-mismatch`. */
  take(given: ItemInput, expected: Expected | undefined): void {
    const stored = spellingsOf(given.id)
      .map((id) => this.#known.get(id))
      .find((one) => one !== undefined);
    if (expected !== undefined) checkExpected(given.id, stored && itemOf(stored.row), expected);
    const input = settled(given, stored?.row.id, this.#fields);
    const row = rowOf(input, this.#sequence + 1, this.#collection.store_images);
    const isThere = stored !== undefined && isSame(stored, row, input);
    this.#changes.push(isThere ? 'unchanged' : stored === undefined ? 'added' : 'replaced');
    this.#rows.push(isThere ? stored.row : row);
    if (isThere) return;
    this.#sequence += 1;
    if (stored !== undefined) this.#replace(stored.row);
    this.#products.add(row.product_id);
    this.#added.set(row.id, { row, input });
    this.#known.set(row.id, {
      row,
      belongings: { vector: input.vector, thumbnail: input.thumbnail ?? null, isPictureDamaged: false },
    });
  }

  #replace({ id, sequence, product_id }: ItemRow): void {
    // One of this very call is not in its table yet.
    if (!this.#added.delete(id)) this.#removed.push(sequence);
    this.#products.add(product_id);
    this.#replaced.push(id);
  }

  /** Writes what has changed. */
  async write(client: Client): Promise<void> {
    await this.#fields.save();
    if (this.#added.size === 0) return;
    const before = await countProducts(client, this.#collection, this.#products);
    await removeRows(client, this.#collection, this.#removed);
    const rows = [...this.#added.values()].map(({ row, input }) => ({ row: this.#settle(row), input }));
    await insertRows(client, this.#collection, rows);
    await writeCounters(client, this.#collection, {
      sequence: this.#sequence,
      items: rows.length - this.#removed.length,
      products: (await countProducts(client, this.#collection, this.#products)) - before,
    });
  }

  /** Tells what was done. */
  result(): UpsertResult {
    const unchanged = this.#changes.filter((change) => change === 'unchanged').length;
    return {
      items: this.#rows.map((row) => itemOf(this.#settle(row))),
      changes: this.#changes,
      added: this.#changes.length - this.#replaced.length - unchanged,
      replaced: this.#replaced,
      unchanged,
      widened: this.#fields.widened,
    };
  }

  /** A row as it is at the end: a field that became text has changed those before. */
  #settle(row: ItemRow): ItemRow {
    if (this.#fields.widened.length === 0) return row;
    return { ...row, metadata: JSON.stringify(this.#fields.widen(JSON.parse(row.metadata))) };
  }
}

/** The item in the one spelling of its texts, with values of its fields' types. One that is stored keeps its id. */
function settled(input: ItemInput, storedId: string | undefined, fields: Fields): ItemInput {
  const id = storedId ?? canonical(input.id);
  return {
    ...input,
    id,
    productId: input.productId === undefined ? id : canonical(input.productId),
    label: input.label && canonical(input.label),
    metadata: fields.conform(id, input.metadata ?? {}),
  };
}

import { isDeepStrictEqual } from 'node:util';
import {
  changedItems,
  checkExpected,
  checkItemFields,
  type DeleteOptions,
  type ItemChange,
  type ItemUpdate,
  type Json,
  mergePatch,
  type UpdateOptions,
  type UpdateResult,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { canonical, spellingsOf } from '../../text.ts';
import type { Client } from './connection.ts';
import { Fields } from './fields.ts';
import { findRows, type ItemRow, itemOf } from './item-rows.ts';
import { type CollectionRow, tablesOf } from './tables.ts';
import { countProducts, removeRows, updateRows, writeCounters } from './write-items.ts';

/**
 * Changes fields of items in a transaction that has locked their collection; see `Engine.update`.
 * @throws SnapshelfError `item-not-found`, `item-changed`, `item-invalid`, `field-type-mismatch`.
 */
export async function updateItems(
  client: Client,
  collection: CollectionRow,
  updates: readonly ItemUpdate[],
  { strict = false, expected, replaceMetadata = false }: UpdateOptions,
): Promise<UpdateResult> {
  const { items } = tablesOf(collection);
  const fields = await Fields.read(client, collection, strict);
  const ids = updates.map(({ id }) => id);
  const found = await findRows(client, items, ids);
  const rows = new Map([...found.values()].map((row) => [row.id, row]));
  const changed = new Map<string, ItemRow>();
  const products = new Set<string>();
  const changes: ItemChange[] = [];
  for (const update of updates) {
    const stored = rows.get(found.get(update.id)?.id ?? '');
    if (stored === undefined) throw notThere(update.id);
    if (expected !== undefined) checkExpected(update.id, itemOf(stored), expected);
    const next = changedRow(stored, update, { fields, replaceMetadata });
    changes.push(next === undefined ? 'unchanged' : 'updated');
    if (next === undefined) continue;
    for (const { product_id } of [stored, next]) products.add(product_id);
    rows.set(stored.id, next);
    changed.set(stored.id, next);
  }
  await fields.save();
  const updated = changes.filter((change) => change === 'updated').length;
  const settle = (row: ItemRow): ItemRow => settledRow(row, fields);
  await writeChanged(client, collection, { rows: [...changed.values()].map(settle), products, updated });
  const written = ids.map((id) => itemOf(settle(rows.get(found.get(id)?.id ?? '') as ItemRow)));
  return { items: written, changes, updated, unchanged: changes.length - updated, widened: fields.widened };
}

const notThere = (id: string): SnapshelfError =>
  new SnapshelfError('item-not-found', `There is no item ${JSON.stringify(id)}: nothing was changed.`, {
    details: { id },
  });

const settledRow = (row: ItemRow, fields: Fields): ItemRow => ({
  ...row,
  metadata: JSON.stringify(fields.widen(JSON.parse(row.metadata))),
});

async function writeChanged(
  client: Client,
  collection: CollectionRow,
  {
    rows,
    products,
    updated,
  }: { readonly rows: readonly ItemRow[]; readonly products: ReadonlySet<string>; readonly updated: number },
): Promise<void> {
  if (updated === 0) return;
  const before = await countProducts(client, collection, products);
  await updateRows(client, collection, rows);
  const difference = (await countProducts(client, collection, products)) - before;
  const sequence = collection.sequence + updated;
  await writeCounters(client, collection, { sequence, items: 0, products: difference });
}

function changedRow(
  stored: ItemRow,
  { productId, label, split, metadata }: ItemUpdate,
  { fields, replaceMetadata }: { readonly fields: Fields; readonly replaceMetadata: boolean },
): ItemRow | undefined {
  const before = JSON.parse(stored.metadata) as Record<string, Json>;
  const merged = metadata === undefined ? before : replaceMetadata ? metadata : mergePatch(before, metadata);
  if (metadata !== undefined) checkItemFields({ id: stored.id, metadata: merged }, changedItems);
  const next = metadata === undefined ? before : fields.conform(stored.id, merged);
  const row = {
    ...stored,
    product_id: productId === undefined ? stored.product_id : canonical(productId ?? stored.id),
    label: label === undefined ? stored.label : label && canonical(label),
    split: split === undefined ? stored.split : split,
  };
  const isSame =
    row.product_id === stored.product_id &&
    row.label === stored.label &&
    row.split === stored.split &&
    isDeepStrictEqual(before, next);
  if (isSame) return undefined;
  return {
    ...row,
    metadata: metadata === undefined ? stored.metadata : JSON.stringify(next),
    updated_at: new Date().toISOString(),
  };
}

/** Deletes those of the ids that exist in a transaction that has locked their collection. Returns how many they were. */
export async function deleteItems(
  client: Client,
  collection: CollectionRow,
  ids: readonly string[],
  { expected }: DeleteOptions,
): Promise<number> {
  const found = await findRows(client, tablesOf(collection).items, ids);
  if (expected !== undefined)
    for (const id of ids) {
      const row = found.get(id);
      // What is not there is told as that.
      if (row !== undefined) checkExpected(id, itemOf(row), expected);
    }
  const rows = [...new Map([...found.values()].map((row) => [row.sequence, row])).values()];
  if (rows.length === 0) return 0;
  const products = new Set(rows.map(({ product_id }) => product_id));
  await removeRows(
    client,
    collection,
    rows.map(({ sequence }) => sequence),
  );
  await writeCounters(client, collection, {
    sequence: collection.sequence + rows.length,
    items: -rows.length,
    products: (await countProducts(client, collection, products)) - products.size,
  });
  return rows.length;
}

/** Finds the first of the ids that no item has. */
export async function firstMissing(
  client: Client,
  items: string,
  ids: readonly string[],
): Promise<string | undefined> {
  const sql = `SELECT id FROM ${items} WHERE id = ANY($1)`;
  const { rows } = await client.query<{ id: string }>(sql, [ids.flatMap(spellingsOf)]);
  const there = new Set(rows.map(({ id }) => id));
  return ids.find((id) => !spellingsOf(id).some((one) => there.has(one)));
}

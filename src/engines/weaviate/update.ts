import { isDeepStrictEqual } from 'node:util';
import {
  changedItems,
  checkExpected,
  checkItemFields,
  type ItemChange,
  type ItemUpdate,
  mergePatch,
  type UpdateOptions,
  type UpdateResult,
  WrittenFields,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { canonical } from '../../text.ts';
import { eachOf } from '../each-of.ts';
import type { OpenCollection } from './collection.ts';
import type { WholeItem } from './item-class.ts';
import type { CollectionRecord } from './registry.ts';
import { storeChanges, widenStored } from './store-changes.ts';
import { itemOf, type StoredItem } from './stored-item.ts';

/** Makes the error of an item that is not there. */
export const itemNotFound = (id: string): SnapshelfError =>
  new SnapshelfError('item-not-found', `There is no item ${JSON.stringify(id)}.`, { details: { id } });

/** Changes fields of items. Keeps the record by `put`. @throws SnapshelfError `item-not-found`. */
export async function updateItems(
  collection: OpenCollection,
  updates: readonly ItemUpdate[],
  { strict = false, expected, replaceMetadata = false }: UpdateOptions,
  put: (record: CollectionRecord) => Promise<unknown>,
): Promise<UpdateResult> {
  const { record, items } = collection;
  const ids = [...new Set(updates.map(({ id }) => canonical(id)))];
  const found = await eachOf(ids, (id) => items.findWhole(id));
  const whole = new Map<string, WholeItem>();
  for (const [at, id] of ids.entries()) {
    const one = found[at];
    if (one === undefined) throw itemNotFound(id);
    if (expected !== undefined) checkExpected(id, itemOf(one.item), expected);
    whole.set(id, one);
  }
  const fields = new WrittenFields(new Map(Object.entries(record.fields)), strict);
  const changes: ItemChange[] = [];
  const changed = new Set<string>();
  for (const update of updates) {
    const id = canonical(update.id);
    const { item, vector } = whole.get(id) as WholeItem;
    const next = updated(item, update, { fields, replaceMetadata });
    changes.push(isDeepStrictEqual(item, next) ? 'unchanged' : 'updated');
    if (changes.at(-1) === 'unchanged') continue;
    whole.set(id, { item: { ...next, updatedAt: new Date().toISOString() }, vector });
    changed.add(id);
  }
  if (fields.changed.size > 0) await put({ ...record, fields: Object.fromEntries(fields.types) });
  if (fields.widened.length > 0) await widenStored(collection, fields);
  for (const [id, { item, vector }] of whole)
    whole.set(id, { item: { ...item, metadata: fields.widen(item.metadata) }, vector });
  await storeChanges(
    collection,
    [...changed].map((id) => whole.get(id) as WholeItem),
  );
  const unchanged = changes.filter((change) => change === 'unchanged').length;
  return {
    items: updates.map(({ id }) => itemOf((whole.get(canonical(id)) as WholeItem).item)),
    changes,
    updated: changes.length - unchanged,
    unchanged,
    widened: fields.widened,
  };
}

function updated(
  item: StoredItem,
  { productId, label, split, metadata }: ItemUpdate,
  { fields, replaceMetadata }: { readonly fields: WrittenFields; readonly replaceMetadata: boolean },
): StoredItem {
  const merged =
    metadata === undefined ? item.metadata : replaceMetadata ? metadata : mergePatch(item.metadata, metadata);
  if (metadata !== undefined) checkItemFields({ id: item.id, metadata: merged }, changedItems);
  return {
    ...item,
    ...(productId !== undefined && { productId: canonical(productId ?? item.id) }),
    ...(label !== undefined && { label: label && canonical(label) }),
    ...(split !== undefined && { split }),
    metadata: fields.conform(item.id, merged),
  };
}

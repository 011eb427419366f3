import { isDeepStrictEqual } from 'node:util';
import {
  checkExpected,
  type ItemChange,
  type ItemInput,
  type UpsertResult,
  type WriteOptions,
  WrittenFields,
} from '../../engine/index.ts';
import { canonical } from '../../text.ts';
import { eachOf } from '../each-of.ts';
import { nextSequence, type OpenCollection } from './collection.ts';
import type { WholeItem } from './item-class.ts';
import { factsOf, type PictureKind } from './pictures.ts';
import type { CollectionRecord } from './registry.ts';
import { storeChanges, widenStored } from './store-changes.ts';
import { itemOf, type StoredItem } from './stored-item.ts';

/** The items of a write as they are to be stored, each id once, with what is there of them. */
interface Settled {
  readonly order: readonly string[];
  readonly changes: ItemChange[];
  readonly whole: Map<string, WholeItem>;
  readonly replaced: StoredItem[];
  readonly given: Map<string, ItemInput>;
}

/** Stores checked items, replacing those of the same ids. Keeps the record by `put`. */
export async function upsertItems(
  collection: OpenCollection,
  inputs: readonly ItemInput[],
  { strict = false, expected }: WriteOptions,
  put: (record: CollectionRecord) => Promise<unknown>,
): Promise<UpsertResult> {
  const { record, items } = collection;
  const ids = [...new Set(inputs.map(({ id }) => canonical(id)))];
  const found = await eachOf(ids, (id) => items.findWhole(id));
  const stored = new Map(ids.map((id, at) => [id, found[at]]));
  if (expected !== undefined)
    for (const [id, whole] of stored) checkExpected(id, whole && itemOf(whole.item), expected);
  const fields = new WrittenFields(new Map(Object.entries(record.fields)), strict);
  const settled = settle(inputs, stored, { record, fields });
  const { order, changes, whole, replaced, given } = settled;
  const sequences = [...whole.values()].map(({ item }) => item.sequence);
  if (given.size > 0 || fields.changed.size > 0)
    await put({
      ...record,
      sequence: Math.max(record.sequence, ...sequences),
      fields: Object.fromEntries(fields.types),
    });
  if (fields.widened.length > 0) await widenStored(collection, fields);
  await collection.pictures.write(
    [...given].flatMap(([id, input]) => picturesOf(whole.get(id), input, record)),
  );
  const written = [...given.keys()]
    .map((id) => whole.get(id) as WholeItem)
    .map((one) => widened(one, fields));
  await storeChanges(collection, written);
  await collection.pictures.remove(replaced);
  return {
    items: order.map((id) => itemOf(widened(whole.get(id) as WholeItem, fields).item)),
    changes,
    added: changes.filter((change) => change === 'added').length,
    replaced: changes.flatMap((change, at) => (change === 'replaced' ? [order[at] as string] : [])),
    unchanged: changes.filter((change) => change === 'unchanged').length,
    widened: fields.widened,
  };
}

const widened = ({ item, vector }: WholeItem, fields: WrittenFields): WholeItem => ({
  item: fields.widened.length === 0 ? item : { ...item, metadata: fields.widen(item.metadata) },
  vector,
});

/** Decides what each input changes: of inputs of one id, the later ones go by those before. */
function settle(
  inputs: readonly ItemInput[],
  stored: ReadonlyMap<string, WholeItem | undefined>,
  { record, fields }: { readonly record: CollectionRecord; readonly fields: WrittenFields },
): Settled {
  const whole = new Map([...stored].flatMap(([id, one]) => (one === undefined ? [] : [[id, one] as const])));
  const settled: Settled & { order: string[] } = {
    order: [],
    changes: [],
    whole,
    replaced: [],
    given: new Map(),
  };
  let sequence = record.sequence;
  for (const input of inputs) {
    const id = canonical(input.id);
    const before = whole.get(id);
    const item = storedOf(id, input, { record, fields, sequence: before?.item.sequence ?? 0 });
    settled.order.push(id);
    if (before !== undefined && isSame(before, { item, vector: input.vector })) {
      settled.changes.push('unchanged');
      continue;
    }
    settled.changes.push(before === undefined ? 'added' : 'replaced');
    const there = stored.get(id);
    if (there !== undefined && !settled.given.has(id)) settled.replaced.push(there.item);
    sequence = nextSequence(sequence);
    whole.set(id, { item: { ...item, sequence }, vector: input.vector });
    settled.given.set(id, input);
  }
  return settled;
}

function storedOf(
  id: string,
  input: ItemInput,
  { record, fields, sequence }: { record: CollectionRecord; fields: WrittenFields; sequence: number },
): StoredItem {
  const { productId, label, metadata = {}, split, imageHash, sentHash, image, thumbnail } = input;
  const kept = record.storeImages ? image : undefined;
  const mediaType = input.imageType ?? 'application/octet-stream';
  return {
    id,
    productId: productId === undefined ? id : canonical(productId),
    label: label === undefined ? null : canonical(label),
    metadata: fields.conform(id, metadata),
    split: split ?? null,
    imageHash,
    sentHash: sentHash ?? imageHash,
    sequence,
    updatedAt: new Date().toISOString(),
    ...(kept && { picture: { mediaType, ...factsOf(kept) } }),
    ...(thumbnail && { thumbnail: factsOf(thumbnail) }),
  };
}

function isSame(before: WholeItem, given: WholeItem): boolean {
  const { updatedAt } = before.item;
  if (!isDeepStrictEqual(before.item, { ...given.item, updatedAt })) return false;
  return bytesOf(before.vector).equals(bytesOf(given.vector));
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

function picturesOf(whole: WholeItem | undefined, input: ItemInput, { storeImages }: CollectionRecord) {
  if (whole === undefined) return [];
  const { id, sequence } = whole.item;
  const kinds: readonly (readonly [PictureKind, Uint8Array | undefined])[] = [
    ['picture', storeImages ? input.image : undefined],
    ['thumbnail', input.thumbnail],
  ];
  return kinds.flatMap(([kind, bytes]) => (bytes === undefined ? [] : [{ id, sequence, kind, bytes }]));
}

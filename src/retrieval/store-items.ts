import type {
  Engine,
  Item,
  ItemChange,
  ItemInput,
  ItemUpdate,
  UpsertResult,
  WidenedField,
  WriteOptions,
} from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';

/** True if `error` concerns one item alone (its picture, id, fields or vector), so that other items may still succeed. */
export const isItemError = (error: unknown): error is SnapshelfError =>
  error instanceof SnapshelfError && /^(image|item|id|vector|source|field)-/.test(error.code);

/** The results of a write. */
export interface StoreResult {
  /** The stored item with its change, or its error, for each in order. */
  readonly results: readonly (StoredItem | SnapshelfError)[];
  readonly widened: readonly WidenedField[];
}

/** An item as it is stored now, and the change that brought it. */
export interface StoredItem {
  readonly item: Item;
  readonly change: ItemChange;
}

const toResult = ({ items, changes, widened }: Written): StoreResult => ({
  results: items.map((item, i) => ({ item, change: changes[i] ?? 'unchanged' })),
  widened,
});

type Written = Pick<UpsertResult, 'items' | 'changes' | 'widened'>;

/** Joins the results of parts, in order. */
const joined = (parts: readonly StoreResult[]): StoreResult => ({
  results: parts.flatMap(({ results }) => results),
  widened: parts.flatMap(({ widened }) => widened),
});

/** Bytes of pictures that are passed to the gallery at once: it copies them, which takes about 20 ms of the caller's thread. */
const bytesAtOnce = 24 * 2 ** 20;

/** Splits the items into parts of at most `bytesAtOnce` bytes of pictures, in order. */
function partsOf(items: readonly ItemInput[]): ItemInput[][] {
  const parts: ItemInput[][] = [[]];
  let bytes = 0;
  for (const item of items) {
    const more = item.image?.length ?? 0;
    const isFull = bytes > 0 && bytes + more > bytesAtOnce;
    if (isFull) parts.push([]);
    bytes = isFull ? more : bytes + more;
    parts.at(-1)?.push(item);
  }
  return parts;
}

/**
 * Writes in one transaction. If one of it is not accepted, each is written in its own, so that it does not affect the others.
 * @throws SnapshelfError of the write, if it concerns more than one item.
 */
async function writeOrEach<T>(
  items: readonly T[],
  write: (items: readonly T[]) => Promise<Written>,
): Promise<StoreResult> {
  if (items.length === 0) return { results: [], widened: [] };
  try {
    return toResult(await write(items));
  } catch (error) {
    if (!isItemError(error)) throw error;
    if (items.length === 1) return { results: [error], widened: [] };
  }
  const each: StoreResult[] = [];
  for (const item of items) each.push(await writeOrEach([item], write));
  return joined(each);
}

/**
 * Stores items, in one transaction unless they are very large. If an item of a transaction is not accepted, each is stored
 * in its own, so that it does not affect the others.
 * @throws SnapshelfError as `Engine.upsert`, if it concerns more than one item.
 */
export async function storeItems(
  gallery: Engine,
  collection: string,
  modelId: string,
  items: readonly ItemInput[],
  options: WriteOptions = {},
): Promise<StoreResult> {
  const parts: StoreResult[] = [];
  const write = (some: readonly ItemInput[]) => gallery.upsert(collection, modelId, some, options);
  for (const part of partsOf(items)) parts.push(await writeOrEach(part, write));
  return joined(parts);
}

/** Replaces the fields of items, whose pictures stay. An item that is refused does not affect the others. */
export const updateFields = (
  gallery: Engine,
  collection: string,
  updates: readonly ItemUpdate[],
  options: WriteOptions,
): Promise<StoreResult> =>
  writeOrEach(updates, (some) => gallery.update(collection, some, { ...options, replaceMetadata: true }));

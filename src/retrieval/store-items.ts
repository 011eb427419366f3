import { SnapshelfError } from '../errors.ts';
import type { Gallery, Item, ItemInput, ItemUpdate, WidenedField } from '../gallery/index.ts';
import { updateItems } from './update-items.ts';

/** True if `error` concerns one item alone (its picture, id, fields or vector), so that other items may still succeed. */
export const isItemError = (error: unknown): error is SnapshelfError =>
  error instanceof SnapshelfError && /^(image|item|id|vector|source|field)-/.test(error.code);

/** The results of a write: the stored item or its error for each, in order, and counts. */
export interface StoreResult {
  readonly results: readonly (Item | SnapshelfError)[];
  readonly added: number;
  /** Ids of items that were there and differed. */
  readonly replaced: readonly string[];
  /** Items that got other fields, without a picture. */
  readonly updated: number;
  readonly unchanged: number;
  readonly widened: readonly WidenedField[];
}

const nothing: StoreResult = {
  results: [],
  added: 0,
  replaced: [],
  updated: 0,
  unchanged: 0,
  widened: [],
};

/** Joins the results of parts, in order. */
const joined = (parts: readonly StoreResult[]): StoreResult => ({
  results: parts.flatMap(({ results }) => results),
  added: parts.reduce((sum, { added }) => sum + added, 0),
  replaced: parts.flatMap(({ replaced }) => replaced),
  updated: parts.reduce((sum, { updated }) => sum + updated, 0),
  unchanged: parts.reduce((sum, { unchanged }) => sum + unchanged, 0),
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
  write: (items: readonly T[]) => Promise<StoreResult>,
): Promise<StoreResult> {
  if (items.length === 0) return nothing;
  try {
    return await write(items);
  } catch (error) {
    if (!isItemError(error)) throw error;
    if (items.length === 1) return { ...nothing, results: [error] };
  }
  const each: StoreResult[] = [];
  for (const item of items) each.push(await writeOrEach([item], write));
  return joined(each);
}

/**
 * Stores items, in one transaction unless they are very large. If an item of a transaction is not accepted, each is stored
 * in its own, so that it does not affect the others.
 * @throws SnapshelfError as `Gallery.upsert`, if it concerns more than one item.
 */
export async function storeItems(
  gallery: Gallery,
  collection: string,
  modelId: string,
  items: readonly ItemInput[],
  _strict = false,
): Promise<StoreResult> {
  const parts: StoreResult[] = [];
  for (const part of partsOf(items))
    parts.push(
      await writeOrEach(part, async (some) => {
        const { items: results, ...counts } = await gallery.upsert(collection, modelId, some);
        return { ...counts, results, updated: 0 };
      }),
    );
  return joined(parts);
}

/** Replaces the fields of items, whose pictures stay. An item that is refused does not affect the others. */
export const updateFields = (
  gallery: Gallery,
  collection: string,
  updates: readonly ItemUpdate[],
  strict: boolean,
): Promise<StoreResult> =>
  writeOrEach(updates, async (some) => {
    const done = await updateItems(gallery, collection, some, { replaceMetadata: true, strict });
    const { items: results, updated, unchanged, widened } = done;
    return { results, added: 0, replaced: [], updated, unchanged, widened };
  });

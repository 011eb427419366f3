import { SnapshelfError } from '../errors.ts';
import type { Gallery, Item, ItemInput } from '../gallery/index.ts';

/** True if `error` concerns one item alone (its picture, id, fields or vector), so that other items may still succeed. */
export const isItemError = (error: unknown): error is SnapshelfError =>
  error instanceof SnapshelfError && /^(image|item|id|vector|source)-/.test(error.code);

/** Bytes of pictures that are handed to the gallery at once: it copies them, which takes some 20 ms on the caller's thread. */
const bytesAtOnce = 24 * 2 ** 20;

/** The items in turn, in parts of so few bytes that handing one over does not keep the thread from other work. */
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

/** Stores items, in one transaction where they are not very large; see `storePart`. */
export async function storeItems(
  gallery: Gallery,
  collection: string,
  modelId: string,
  items: readonly ItemInput[],
): Promise<(Item | SnapshelfError)[]> {
  const results: (Item | SnapshelfError)[] = [];
  for (const part of partsOf(items)) results.push(...(await storePart(gallery, collection, modelId, part)));
  return results;
}

/**
 * Stores items in one transaction; when one of them is not accepted, each in its own, so that it does not sink the
 * rest. Returns the stored item or its error for each, in order.
 */
async function storePart(
  gallery: Gallery,
  collection: string,
  modelId: string,
  items: readonly ItemInput[],
): Promise<(Item | SnapshelfError)[]> {
  if (items.length === 0) return [];
  try {
    return await gallery.upsert(collection, modelId, items);
  } catch (error) {
    if (!isItemError(error)) throw error;
    if (items.length === 1) return [error];
  }
  const results: (Item | SnapshelfError)[] = [];
  for (const item of items) results.push(...(await storePart(gallery, collection, modelId, [item])));
  return results;
}

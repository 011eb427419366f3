import { SnapshelfError } from '../errors.ts';
import type { Gallery, Item, ItemInput } from '../gallery/index.ts';

/** True if `error` concerns one item alone (its picture, id, fields or vector), so that other items may still succeed. */
export const isItemError = (error: unknown): error is SnapshelfError =>
  error instanceof SnapshelfError && /^(image|item|id|vector|source)-/.test(error.code);

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
 * Stores items, in one transaction unless they are very large. If an item of a transaction is not accepted, each is stored
 * in its own, so that it does not affect the others.
 * @returns the stored item or its error for each, in order
 * @throws SnapshelfError as `Gallery.upsert`, if it concerns more than one item.
 */
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

async function storePart(
  gallery: Gallery,
  collection: string,
  modelId: string,
  items: readonly ItemInput[],
): Promise<(Item | SnapshelfError)[]> {
  if (items.length === 0) return [];
  try {
    return (await gallery.upsert(collection, modelId, items)).items;
  } catch (error) {
    if (!isItemError(error)) throw error;
    if (items.length === 1) return [error];
  }
  const results: (Item | SnapshelfError)[] = [];
  for (const item of items) results.push(...(await storePart(gallery, collection, modelId, [item])));
  return results;
}

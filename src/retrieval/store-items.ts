import { SnapshelfError } from '../errors.ts';
import type { Gallery, Item, ItemInput } from '../gallery/index.ts';

/** Errors that are one picture's own, such as a damaged file or an id that is not accepted; any other ends the work. */
export const isOwnError = (error: unknown): error is SnapshelfError =>
  error instanceof SnapshelfError && /^(image|item|id|vector|source)-/.test(error.code);

/**
 * Stores items in one transaction; when one of them is not accepted, each in its own, so that it does not sink the
 * rest. Returns the stored item or its error for each, in order.
 */
export async function storeItems(
  gallery: Gallery,
  collection: string,
  modelId: string,
  items: readonly ItemInput[],
): Promise<(Item | SnapshelfError)[]> {
  if (items.length === 0) return [];
  try {
    return await gallery.upsert(collection, modelId, items);
  } catch (error) {
    if (!isOwnError(error)) throw error;
    if (items.length === 1) return [error];
  }
  const results: (Item | SnapshelfError)[] = [];
  for (const item of items) results.push(...(await storeItems(gallery, collection, modelId, [item])));
  return results;
}

import type { Gallery, ItemInput, ItemUpdate } from '../gallery/index.ts';
import type { AddContext } from './add-items.ts';
import type { ImportTarget } from './import-samples.ts';
import { prepareItem } from './prepare-item.ts';
import { type StoreResult, storeItems, writeOrEach } from './store-items.ts';

/** Replaces the fields of items. An item that is refused does not affect the others. */
export const updateFields = (
  gallery: Gallery,
  collection: string,
  updates: readonly ItemUpdate[],
  strict: boolean,
): Promise<StoreResult> =>
  writeOrEach(updates, async (some) => {
    const done = await gallery.update(collection, some, { replaceMetadata: true, strict });
    const { items: results, updated, unchanged, widened } = done;
    return { results, added: 0, replaced: [], updated, unchanged, widened };
  });

/** Makes the target of an import of a collection of this process. */
export function galleryTarget(context: AddContext, storeImages: boolean): ImportTarget<ItemInput> {
  const { gallery, collection, modelId, limits, concurrency } = context;
  return {
    storeImages,
    limits,
    concurrency,
    hashes: (ids) => gallery.hashes(collection, ids),
    get: (id) => gallery.get(collection, id),
    ids: (prefix, after) => gallery.ids(collection, { prefix, after }),
    prepare: (sample, image) => prepareItem({ ...sample, image }, context),
    store: (items, strict) => storeItems(gallery, collection, modelId, items, strict),
    update: (updates, strict) => updateFields(gallery, collection, updates, strict),
    delete: (ids) => gallery.delete(collection, ids),
  };
}

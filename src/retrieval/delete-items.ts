import { checkDeleteFilter, type Engine, type Filter } from '../engine/index.ts';

/** The items to delete: those of ids, those that pass a filter, or those of a product. */
export type Selection =
  | { readonly ids: readonly string[] }
  | { readonly filter: Filter }
  | { readonly productId: string };

/** Items that are looked up or deleted at a time. */
const atOnce = 1000;

const filterOf = (selection: Exclude<Selection, { readonly ids: readonly string[] }>): Filter =>
  'filter' in selection ? selection.filter : { field: 'productId', equals: selection.productId };

/**
 * Returns the ids of the items that a selection means to delete; of those that are named, the ones that are there.
 *
 * @throws SnapshelfError `filter-invalid`, also for a filter that lets every item through
 */
export async function selectedIds(
  gallery: Engine,
  collection: string,
  selection: Selection,
): Promise<string[]> {
  if ('ids' in selection) return [...(await gallery.hashes(collection, selection.ids)).keys()];
  const filter = filterOf(selection);
  checkDeleteFilter(filter);
  const ids: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await gallery.list(collection, { filter, limit: atOnce, after });
    for (const { id } of page.items) ids.push(id);
    if (page.next === null) return ids;
    after = page.next;
  }
}

/** Deletes the items that a selection means. Returns how many they were. */
export async function deleteItems(
  gallery: Engine,
  collection: string,
  selection: Selection,
): Promise<number> {
  if (!('ids' in selection)) return gallery.delete(collection, filterOf(selection));
  const { ids } = selection;
  let deleted = 0;
  for (let start = 0; start < ids.length; start += atOnce)
    deleted += await gallery.delete(collection, ids.slice(start, start + atOnce));
  return deleted;
}

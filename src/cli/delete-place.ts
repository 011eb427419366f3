import { Gallery } from '../gallery/index.ts';
import { deleteItems, type Selection, selectedIds } from '../retrieval/index.ts';
import type { CollectionOptions } from './options.ts';
import { cliLogger } from './run.ts';

/** The collection that `snapshelf delete` deletes from: in this process, or in the server that has the data folder open. */
export interface DeletePlace {
  /** Returns the ids of the items that are selected and there. */
  select(selection: Selection): Promise<readonly string[]>;
  /** Returns those of the ids that no item has. */
  missing(ids: readonly string[]): Promise<readonly string[]>;
  delete(ids: readonly string[]): Promise<number>;
}

/** Opens the place, runs `work` and closes it. */
export async function withDeletePlace<T>(
  { data, collection }: CollectionOptions,
  work: (place: DeletePlace) => Promise<T>,
): Promise<T> {
  await using gallery = await Gallery.open(data, { createIfMissing: false, log: cliLogger() });
  return await work({
    select: (selection) => selectedIds(gallery, collection, selection),
    async missing(ids) {
      const hashes = await gallery.hashes(collection, ids);
      return ids.filter((id) => !hashes.has(id));
    },
    delete: (ids) => deleteItems(gallery, collection, { ids }),
  });
}

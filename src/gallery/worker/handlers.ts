import { serializeError } from '../../errors.ts';
import type { Operation, Operations } from '../api/operations.ts';
import type { Collection } from './collection.ts';
import type { Store } from './data-folder.ts';
import type { Sliced } from './scheduler.ts';

/** How the worker does each operation: at once or in slices. */
export type Handlers = {
  readonly [K in Operation]: (
    ...parameters: Parameters<Operations[K]>
  ) => ReturnType<Operations[K]> | Sliced<ReturnType<Operations[K]>>;
};

/** The operations on an open store. */
export function handlersFor(store: Store): Handlers {
  const at = (name: string): Collection => store.collection(name);
  const writableAt = (name: string): Collection => {
    store.checkWritable();
    return store.collection(name);
  };
  return {
    collections: () => store.collections().map((collection) => collection.info()),
    damaged: () => store.damaged().map(({ name, error }) => ({ name, error: serializeError(error) })),
    info: (name) => at(name).info(),
    create: (settings) => store.create(settings),
    drop: (name) => store.drop(name),
    upsert: (name, modelId, items) => writableAt(name).upsert(modelId, items),
    delete: (name, ids) => writableAt(name).delete(ids),
    get: (name, id) => at(name).get(id),
    image: (name, id) => at(name).image(id),
    thumbnail: (name, id) => at(name).thumbnail(id),
    vector: (name, id) => at(name).vector(id),
    list: (name, options) => at(name).list(options),
    hashes: (name, ids) => at(name).hashes(ids),
    firstMissing: (name, ids) => at(name).firstMissing(ids),
    search: (name, vector, options) => at(name).search(vector, options),
    catalogueFile: (name) => at(name).file,
    beginRestore: (name) => store.beginRestore(name),
    commitRestore: (name, folder) => store.adopt(name, folder),
    beginReplacement: (name, settings) => writableAt(name).beginReplacement(settings),
    replacementPending: (name, limit) => writableAt(name).replacementPending(limit),
    upsertReplacement: (name, items) => writableAt(name).upsertReplacement(items),
    commitReplacement: (name) => writableAt(name).commitReplacement(),
    abortReplacement: (name) => writableAt(name).abortReplacement(),
  };
}

import type {
  DeleteOptions,
  ItemInput,
  ItemUpdate,
  UpdateOptions,
  UpdateResult,
  UpsertResult,
  WriteOptions,
} from '../../engine/index.ts';
import type { Database } from './database.ts';
import { WriteTransaction, type Written } from './write-transaction.ts';

/** The changes of an upsert, and its result. */
export interface Upserted {
  readonly written: Written;
  readonly result: UpsertResult;
}

/** The changes of an update, and its result. */
export interface Updated {
  readonly written: Written;
  readonly result: UpdateResult;
}

/** Writes checked items in one transaction: all or none, durable when it returns. */
export function upsertItems(
  database: Database,
  inputs: readonly ItemInput[],
  options: WriteOptions = {},
): Upserted {
  return database.transaction(() => {
    const change = new WriteTransaction(database, options);
    const items = change.settled(inputs.map((input) => change.upsert(input)));
    const { changes, replaced, unchanged, widened } = change;
    const added = items.length - replaced.length - unchanged;
    return { written: change.finish(), result: { items, changes, added, replaced, unchanged, widened } };
  });
}

/**
 * Changes the fields of items, whose vectors, pictures and sequence numbers stay, in one transaction.
 * @throws SnapshelfError `item-not-found`, `item-invalid`, `field-type-mismatch`: nothing was changed.
 */
export function updateItems(
  database: Database,
  updates: readonly ItemUpdate[],
  options: UpdateOptions = {},
): Updated {
  const { replaceMetadata = false } = options;
  return database.transaction(() => {
    const change = new WriteTransaction(database, options);
    const items = change.settled(updates.map((update) => change.update(update, replaceMetadata)));
    const { changes, unchanged, widened } = change;
    const result = { items, changes, updated: items.length - unchanged, unchanged, widened };
    return { written: change.finish(), result };
  });
}

/** Deletes what exists of the ids, or of the sequence numbers, in one transaction. */
export function deleteItems(
  database: Database,
  keys: readonly string[] | readonly number[],
  options: DeleteOptions = {},
): Written {
  return database.transaction(() => {
    const change = new WriteTransaction(database, options);
    for (const key of keys) change.delete(key);
    return change.finish();
  });
}

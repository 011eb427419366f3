import { serializeError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Collection } from './collection.ts';

/**
 * Does the background work of collections. A failure in one does not stop the work of others: it is logged, and that
 * collection rests until it is used again.
 */
export class CollectionBackground {
  readonly #log: Logger;
  readonly #resting = new WeakSet<Collection>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Ends the rest of a collection, because it is used. */
  wake(collection: Collection): void {
    this.#resting.delete(collection);
  }

  /** Returns the first collection that has something to do. */
  firstBehind(collections: Iterable<Collection>): Collection | undefined {
    for (const collection of collections)
      if (this.#attempt(collection, () => collection.isBehind)) return collection;
    return undefined;
  }

  /** Does a slice of the work of the first collection that has something to do. Returns false if that waits for a thread. */
  work(collections: Iterable<Collection>): boolean {
    const collection = this.firstBehind(collections);
    return collection !== undefined && this.#attempt(collection, () => collection.work()) !== false;
  }

  /** Begins to save the indexes and vectors that have changed much. */
  saveInIdleTime(collections: Iterable<Collection>): void {
    for (const collection of collections) this.#attempt(collection, () => collection.saveInIdleTime());
  }

  #attempt<T>(collection: Collection, work: () => T): T | undefined {
    if (this.#resting.has(collection)) return undefined;
    try {
      return work();
    } catch (error) {
      this.#resting.add(collection);
      this.#log.error('background work of a collection failed: it rests until the collection is used again', {
        collection: collection.name,
        error: serializeError(error),
      });
      return undefined;
    }
  }
}

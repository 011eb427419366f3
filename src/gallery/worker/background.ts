import { serializeError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Collection } from './collection.ts';

/**
 * What collections do when nobody asks them for anything. The failure of one keeps no other's work from being done: it
 * is logged, and that collection rests until it is used again.
 */
export class Background {
  readonly #log: Logger;
  readonly #resting = new WeakSet<Collection>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Tells that the collection is used. */
  wake(collection: Collection): void {
    this.#resting.delete(collection);
  }

  /** The first collection that has something to do. */
  behind(collections: Iterable<Collection>): Collection | undefined {
    for (const collection of collections)
      if (this.#attempt(collection, () => collection.isBehind)) return collection;
    return undefined;
  }

  /** Does a slice of what the first collection has to do. */
  work(collections: Iterable<Collection>): void {
    const collection = this.behind(collections);
    if (collection !== undefined) this.#attempt(collection, () => collection.work());
  }

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

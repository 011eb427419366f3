import { checkWhole } from '../../arguments.ts';
import { checkSpace } from '../checks/validate.ts';
import type { Settings } from '../storage/settings.ts';
import { writeSettings } from '../storage/state.ts';
import type { Written } from '../storage/writes.ts';
import type { Item, ReembeddedVector, ReembeddingInfo, ReembeddingSettings } from '../types.ts';
import { alreadyReembedding } from '../worker/collection-errors.ts';
import { Reembedding, type ReembeddingDependencies } from './reembedding.ts';

/** The re-embedding of one collection, if one has begun since the gallery was opened. */
export class CollectionReembedding {
  readonly #name: string;
  readonly #dependencies: ReembeddingDependencies;
  #current: Reembedding | undefined;

  /** @param name the collection's name */
  constructor(name: string, dependencies: ReembeddingDependencies) {
    this.#name = name;
    this.#dependencies = dependencies;
  }

  /** The re-embedding that has begun; undefined if none has. */
  get current(): Reembedding | undefined {
    return this.#current;
  }

  /** Begins to build vectors of another model, or goes on. @throws SnapshelfError `collection-busy`; TypeError, RangeError. */
  begin(settings: ReembeddingSettings): void {
    const { metric } = this.#dependencies.queries.state().settings.space;
    checkSpace({ ...settings, metric: settings.metric ?? metric });
    if (this.#current !== undefined) throw alreadyReembedding(this.#name, this.#current.space);
    this.#current = Reembedding.begin(this.#dependencies, settings);
  }

  /** Returns items without a new vector. @throws TypeError if none has begun; RangeError for the limit. */
  pending(limit: number): Item[] {
    checkWhole('limit', limit, { from: 1, to: 10_000 });
    return this.#active().pending(limit);
  }

  /** Stores new vectors. @throws TypeError if none has begun; SnapshelfError as `Reembedding.store`. */
  store(vectors: readonly ReembeddedVector[]): void {
    this.#active().store(vectors);
  }

  /**
   * Puts the new vectors in the place of the old ones. Returns the re-embedding, which is over.
   * @throws TypeError if none has begun; SnapshelfError `collection-busy` while items are pending.
   */
  commit(): Reembedding {
    const done = this.#active();
    done.commit();
    this.#current = undefined;
    return done;
  }

  /** Gives the new vectors up. Does nothing if there are none. */
  abort(): void {
    const { database, queries } = this.#dependencies;
    const { replacement: _, ...settings } = queries.state().settings;
    writeSettings(database, settings);
    this.#current = undefined;
  }

  /** Follows a change of the collection. */
  follow(written: Written): void {
    this.#current?.follow(written);
  }

  /** Describes the re-embedding in the collection's settings, which an earlier process may have left. */
  info({ replacement }: Settings, items: number): ReembeddingInfo | undefined {
    if (replacement === undefined) return undefined;
    const { generation: _, ...space } = replacement;
    // Counting reads much of the table: that is for a left-over that nobody is working on.
    const done =
      this.#current === undefined
        ? this.#dependencies.queries.vectors(replacement).count()
        : items - this.#current.missing;
    return { ...space, done };
  }

  #active(): Reembedding {
    if (this.#current !== undefined) return this.#current;
    throw new TypeError(`No re-embedding of ${this.#name} has begun. Call beginReembedding first.`);
  }
}

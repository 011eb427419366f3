import { SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { IndexManager } from '../ann/index-manager.ts';
import { checkVector } from '../checks/validate.ts';
import type { ExactSearchLimits } from '../search/exact-search-limits.ts';
import type { CollectionQueries } from '../storage/collection-queries.ts';
import type { Database } from '../storage/database.ts';
import type { VectorSpace } from '../storage/settings.ts';
import { writeSettings } from '../storage/state.ts';
import { createVectorTable, type VectorTable, vectorGenerations } from '../storage/vector-table.ts';
import type { Written } from '../storage/writes.ts';
import type { Item, ReembeddedVector, ReembeddingSettings } from '../types.ts';

/** The parts of a collection that a re-embedding works on. */
export interface ReembeddingDependencies {
  readonly database: Database;
  readonly queries: CollectionQueries;
  /** The collection's folder. */
  readonly directory: string;
  readonly log: Logger;
  readonly exactSearchLimits: ExactSearchLimits;
}

/**
 * Vectors of another model, built beside the ones that are searched. An item that changes meanwhile has a new sequence
 * number without a vector, so it is pending again by itself.
 */
export class Reembedding {
  readonly space: VectorSpace;
  readonly indexManager: IndexManager;
  readonly #dependencies: ReembeddingDependencies;
  readonly #vectors: VectorTable;
  /** The sequence numbers of items that have no new vector, rising. */
  readonly #missing: Set<number>;

  private constructor(dependencies: ReembeddingDependencies, space: VectorSpace) {
    this.space = space;
    this.#dependencies = dependencies;
    this.#vectors = dependencies.queries.vectors(space);
    this.#missing = new Set(dependencies.queries.sequencesMissingIn(space));
    this.indexManager = new IndexManager({
      ...dependencies,
      vectors: this.#vectors,
      space,
      lastSequence: this.#completeUpTo(),
    });
  }

  /** Goes on with the vectors that are there of the same space, or begins anew. */
  static begin(dependencies: ReembeddingDependencies, wanted: ReembeddingSettings): Reembedding {
    const { database, queries } = dependencies;
    const { settings } = queries.state();
    const left = settings.replacement;
    const metric = wanted.metric ?? settings.space.metric;
    if (left?.modelId === wanted.modelId && left.dimension === wanted.dimension && left.metric === metric)
      return new Reembedding(dependencies, left);
    const { modelId, modelName, dimension } = wanted;
    const generation = Math.max(...vectorGenerations(database)) + 1;
    const space = { modelId, modelName, dimension, metric, generation };
    database.transaction(() => {
      createVectorTable(database, generation);
      writeSettings(database, { ...settings, replacement: space });
    });
    return new Reembedding(dependencies, space);
  }

  /** Number of items that have no new vector yet. */
  get missing(): number {
    return this.#missing.size;
  }

  /** Follows a change of the collection. */
  follow({ items, removed }: Written): void {
    for (const { sequence } of items) this.#missing.add(sequence);
    for (const sequence of removed) this.#missing.delete(sequence);
    this.indexManager.removed(removed);
  }

  /** Returns at most `limit` items that have no new vector; fewer if their metadata is too much for one answer. */
  pending(limit: number): Item[] {
    const sequences: number[] = [];
    for (const sequence of this.#missing) if (sequences.push(sequence) === limit) break;
    const { items } = this.#dependencies.queries.items(sequences);
    return sequences.flatMap((sequence) => items.get(sequence) ?? []);
  }

  /**
   * Stores vectors of items that are still as they were at `sequence`; others are dropped.
   * @throws SnapshelfError `dimension-mismatch`, `vector-invalid`, `disk-full`.
   */
  store(vectors: readonly ReembeddedVector[]): void {
    for (const { vector } of vectors) checkVector(vector, this.space.dimension);
    this.#dependencies.database.transaction(() => {
      for (const { id, sequence, vector } of vectors) this.#vectors.insertFor(id, sequence, vector);
    });
    for (const sequence of this.#vectors.existing(vectors.map((one) => one.sequence)))
      this.#missing.delete(sequence);
    this.indexManager.added(this.#completeUpTo());
  }

  /** Makes this space the one that is searched, in one transaction. @throws SnapshelfError `collection-busy`. */
  commit(): void {
    const { database, queries } = this.#dependencies;
    if (this.missing > 0)
      throw new SnapshelfError(
        'collection-busy',
        `${this.missing} items have no vector of the new model yet. Embed the pending items, then commit.`,
        { details: { missing: this.missing } },
      );
    const { replacement: _, ...settings } = queries.state().settings;
    database.transaction(() => writeSettings(database, { ...settings, space: this.space }));
  }

  /** Returns the sequence number up to which every item has its vector. */
  #completeUpTo(): number {
    const [first] = this.#missing;
    return first === undefined ? this.#vectors.lastSequence() : first - 1;
  }
}

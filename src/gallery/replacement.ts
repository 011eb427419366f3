import { SnapshelfError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Catalogue } from './catalogue.ts';
import type { Database } from './database.ts';
import { IndexKeeper } from './index-keeper.ts';
import { type Space, writeSettings } from './state.ts';
import type { Thresholds } from './thresholds.ts';
import type { Item, ReplacementSettings, ReplacementVector } from './types.ts';
import { checkVector } from './validate.ts';
import { createVectorTable, type VectorTable, vectorTables } from './vector-table.ts';

/** What a replacement works on. */
export interface ReplacementParts {
  readonly database: Database;
  readonly catalogue: Catalogue;
  /** The collection's folder. */
  readonly directory: string;
  readonly log: Logger;
  readonly thresholds: Thresholds;
}

/**
 * Vectors of another model, built beside the ones that are searched. An item that changes meanwhile has a new label
 * without a vector, so it is pending again by itself.
 */
export class Replacement {
  readonly space: Space;
  readonly keeper: IndexKeeper;
  readonly #parts: ReplacementParts;
  readonly #vectors: VectorTable;
  /** Every item with a label up to this one has its vector. */
  #completeUpTo = 0;

  private constructor(parts: ReplacementParts, space: Space) {
    this.space = space;
    this.#parts = parts;
    this.#vectors = parts.catalogue.vectors(space);
    this.#completeUpTo = this.#findComplete();
    const vectors = this.#vectors;
    this.keeper = new IndexKeeper({ ...parts, vectors, space, lastLabel: this.#completeUpTo });
  }

  /** Goes on with what is there of the same space, or begins anew. */
  static begin(parts: ReplacementParts, wanted: ReplacementSettings): Replacement {
    const { settings } = parts.catalogue.state();
    const left = settings.replacement;
    const metric = wanted.metric ?? settings.space.metric;
    if (left?.modelId === wanted.modelId && left.dimension === wanted.dimension && left.metric === metric)
      return new Replacement(parts, left);
    const { modelId, modelName, dimension } = wanted;
    const generation = Math.max(...vectorTables(parts.database)) + 1;
    const space = { modelId, modelName, dimension, metric, generation };
    parts.database.transaction(() => {
      createVectorTable(parts.database, generation);
      writeSettings(parts.database, { ...settings, replacement: space });
    });
    return new Replacement(parts, space);
  }

  pending(limit: number): Item[] {
    return this.#parts.catalogue.missingIn(this.space, this.#completeUpTo, limit);
  }

  /** Stores vectors of items that are still as they were at `sequence`; others are dropped. */
  upsert(vectors: readonly ReplacementVector[]): void {
    for (const { vector } of vectors) checkVector(vector, this.space.dimension);
    this.#parts.database.transaction(() => {
      for (const { id, sequence, vector } of vectors) this.#vectors.insertFor(id, sequence, vector);
    });
    this.#completeUpTo = this.#findComplete();
    this.keeper.added(this.#completeUpTo);
  }

  /** Makes this space the one that is searched, in one transaction. */
  commit(): void {
    const { database, catalogue } = this.#parts;
    database.transaction(() => {
      const pending = this.pending(1)[0];
      if (pending !== undefined)
        throw new SnapshelfError(
          'collection-busy',
          `Item ${JSON.stringify(pending.id)} has no vector of the new model yet: embed what is pending, then commit.`,
        );
      const { replacement: _, ...settings } = catalogue.state().settings;
      writeSettings(database, { ...settings, space: this.space });
    });
  }

  #findComplete(): number {
    const [first] = this.pending(1);
    return first === undefined ? Math.max(this.#completeUpTo, this.#vectors.lastLabel()) : first.sequence - 1;
  }
}

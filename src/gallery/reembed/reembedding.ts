import { SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { IndexKeeper } from '../ann/index-manager.ts';
import { checkVector } from '../checks/validate.ts';
import type { Thresholds } from '../search/exact-search-limits.ts';
import type { Catalogue } from '../storage/collection-queries.ts';
import type { Database } from '../storage/database.ts';
import type { Space } from '../storage/settings.ts';
import { writeSettings } from '../storage/state.ts';
import { createVectorTable, type VectorTable, vectorTables } from '../storage/vector-table.ts';
import type { Changed } from '../storage/writes.ts';
import type { Item, ReplacementSettings, ReplacementVector } from '../types.ts';

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
 * Vectors of another model, built beside the ones that are searched. An item that changes meanwhile has a new sequence number
 * without a vector, so it is pending again by itself.
 */
export class Replacement {
  readonly space: Space;
  readonly keeper: IndexKeeper;
  readonly #parts: ReplacementParts;
  readonly #vectors: VectorTable;
  /** The sequence numbers of items that have no new vector, rising. */
  readonly #missing: Set<number>;

  private constructor(parts: ReplacementParts, space: Space) {
    this.space = space;
    this.#parts = parts;
    this.#vectors = parts.catalogue.vectors(space);
    this.#missing = new Set(parts.catalogue.sequencesMissingIn(space));
    const vectors = this.#vectors;
    this.keeper = new IndexKeeper({ ...parts, vectors, space, lastSequence: this.#completeUpTo() });
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

  /** How many items have no new vector yet. */
  get missing(): number {
    return this.#missing.size;
  }

  /** Tells what changed in the catalogue. */
  changed({ items, removed }: Changed): void {
    for (const { sequence } of items) this.#missing.add(sequence);
    for (const sequence of removed) this.#missing.delete(sequence);
    this.keeper.removed(removed);
  }

  pending(limit: number): Item[] {
    const sequences: number[] = [];
    for (const sequence of this.#missing) if (sequences.push(sequence) === limit) break;
    const { items } = this.#parts.catalogue.items(sequences);
    return sequences.flatMap((sequence) => items.get(sequence) ?? []);
  }

  /** Stores vectors of items that are still as they were at `sequence`; others are dropped. */
  upsert(vectors: readonly ReplacementVector[]): void {
    for (const { vector } of vectors) checkVector(vector, this.space.dimension);
    this.#parts.database.transaction(() => {
      for (const { id, sequence, vector } of vectors) this.#vectors.insertFor(id, sequence, vector);
    });
    for (const sequence of this.#vectors.existing(vectors.map(({ sequence }) => sequence)))
      this.#missing.delete(sequence);
    this.keeper.added(this.#completeUpTo());
  }

  /** Makes this space the one that is searched, in one transaction. */
  commit(): void {
    const { database, catalogue } = this.#parts;
    if (this.missing > 0)
      throw new SnapshelfError(
        'collection-busy',
        `${this.missing} items have no vector of the new model yet: embed what is pending, then commit.`,
        { details: { missing: this.missing } },
      );
    const { replacement: _, ...settings } = catalogue.state().settings;
    database.transaction(() => writeSettings(database, { ...settings, space: this.space }));
  }

  /** Every item with a sequence number up to this one has its vector. */
  #completeUpTo(): number {
    const [first] = this.#missing;
    return first === undefined ? this.#vectors.lastSequence() : first - 1;
  }
}

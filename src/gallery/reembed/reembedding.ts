import { checkWhole } from '../../arguments.ts';
import {
  checkSpace,
  checkVector,
  type Item,
  type ReembeddedVector,
  type ReembeddingInfo,
  type ReembeddingSettings,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { counted } from '../../text.ts';
import { isSameMetric, settleMetric } from '../../vectors/index.ts';
import { IndexManager } from '../ann/index-manager.ts';
import type { ShardHosts } from '../ann/shard-hosts.ts';
import type { ExactSearchLimits } from '../search/exact-search-limits.ts';
import type { CollectionQueries } from '../storage/collection-queries.ts';
import type { Database } from '../storage/database.ts';
import type { Settings, VectorSpace } from '../storage/settings.ts';
import { writeSettings } from '../storage/state.ts';
import { createVectorTable, type VectorTable, vectorGenerations } from '../storage/vector-table.ts';
import type { Written } from '../storage/write-transaction.ts';

/** The parts of a collection that a re-embedding works on. */
export interface ReembeddingDependencies {
  readonly database: Database;
  readonly queries: CollectionQueries;
  /** The collection's folder. */
  readonly directory: string;
  readonly log: Logger;
  readonly exactSearchLimits: ExactSearchLimits;
  readonly shardHosts?: ShardHosts | undefined;
}

/** Vectors of another model, and the index of those that are there. */
interface Replacement {
  readonly space: VectorSpace;
  readonly vectors: VectorTable;
  /** The sequence numbers of items that have no new vector, rising. */
  readonly missing: Set<number>;
  readonly indexManager: IndexManager;
}

/** Returns the sequence number up to which every item has its vector. */
function completeUpTo({ vectors, missing }: Pick<Replacement, 'vectors' | 'missing'>): number {
  const [first] = missing;
  return first === undefined ? vectors.lastSequence() : first - 1;
}

/**
 * The re-embedding of one collection, if one has begun since the gallery was opened: vectors of another model, built
 * beside the ones that are searched. An item that changes meanwhile has a new sequence number without a vector, so it is
 * pending again by itself.
 */
export class Reembedding {
  readonly #name: string;
  readonly #dependencies: ReembeddingDependencies;
  #current: Replacement | undefined;

  /** @param name the collection's name */
  constructor(name: string, dependencies: ReembeddingDependencies) {
    this.#name = name;
    this.#dependencies = dependencies;
  }

  /** The manager of the index of the new vectors; undefined if no re-embedding has begun. */
  get indexManager(): IndexManager | undefined {
    return this.#current?.indexManager;
  }

  /**
   * Begins to build vectors of another model, or goes on with those that are there of the same space.
   * @throws SnapshelfError `collection-busy`; TypeError, RangeError.
   */
  begin(given: ReembeddingSettings): void {
    const { settings } = this.#dependencies.queries.state();
    const { modelId, modelName, dimension, metric, metricOptions } = given;
    const choice = metric === undefined ? settings.space : { metric, metricOptions };
    checkSpace({ ...given, ...choice });
    const wanted = { modelId, modelName, dimension, ...settleMetric(choice) };
    if (this.#current !== undefined)
      throw new SnapshelfError(
        'collection-busy',
        `The collection ${this.#name} is being re-indexed with the model ${this.#current.space.modelName}. Wait for that, or abort it.`,
      );
    const left = settings.replacement;
    const isSame = left?.modelId === modelId && left.dimension === dimension && isSameMetric(left, wanted);
    this.#current = this.#open(isSame ? left : this.#create(settings, wanted));
  }

  /**
   * Returns at most `limit` items that have no new vector; fewer if their metadata is too much for one answer.
   * @throws TypeError if no re-embedding has begun; RangeError for the limit.
   */
  pending(limit: number): Item[] {
    checkWhole('limit', limit, { from: 1, to: 10_000 });
    const sequences: number[] = [];
    for (const sequence of this.#active().missing) if (sequences.push(sequence) === limit) break;
    const { items } = this.#dependencies.queries.items(sequences);
    return sequences.flatMap((sequence) => items.get(sequence) ?? []);
  }

  /**
   * Stores vectors of items that are still as they were at `sequence`; others are dropped.
   * @throws TypeError if no re-embedding has begun; SnapshelfError `dimension-mismatch`, `vector-invalid`, `disk-full`.
   */
  store(given: readonly ReembeddedVector[]): void {
    const current = this.#active();
    const { space, vectors, missing, indexManager } = current;
    for (const { vector } of given) checkVector(vector, space);
    this.#dependencies.database.transaction(() => {
      for (const { id, sequence, vector } of given) vectors.insertFor(id, sequence, vector);
    });
    for (const sequence of vectors.existing(given.map((one) => one.sequence))) missing.delete(sequence);
    indexManager.added(completeUpTo(current));
  }

  /**
   * Makes the new space the one that is searched, in one transaction, which ends the re-embedding.
   * @throws TypeError if no re-embedding has begun; SnapshelfError `collection-busy` while items are pending.
   */
  commit(): Pick<Replacement, 'space' | 'indexManager'> {
    const { database, queries } = this.#dependencies;
    const done = this.#active();
    const missing = done.missing.size;
    if (missing > 0)
      throw new SnapshelfError(
        'collection-busy',
        `${counted(missing, 'item has', 'items have')} no vector of the new model yet. Embed the pending items, then commit.`,
        { details: { missing } },
      );
    const { replacement: _, ...settings } = queries.state().settings;
    database.transaction(() => writeSettings(database, { ...settings, space: done.space }));
    this.#current = undefined;
    return done;
  }

  /** Gives the new vectors up. Does nothing if there are none. */
  abort(): void {
    const { database, queries } = this.#dependencies;
    const { replacement: _, ...settings } = queries.state().settings;
    writeSettings(database, settings);
    this.#current?.indexManager.close();
    this.#current = undefined;
  }

  /** Follows a change of the collection. */
  follow({ items, removed }: Written): void {
    if (this.#current === undefined) return;
    const { missing, indexManager } = this.#current;
    for (const { sequence } of items) missing.add(sequence);
    for (const sequence of removed) missing.delete(sequence);
    indexManager.removed(removed);
  }

  /** Describes the re-embedding in the collection's settings, which an earlier process may have left. */
  info({ replacement }: Settings, items: number): ReembeddingInfo | undefined {
    if (replacement === undefined) return undefined;
    const { generation: _, ...space } = replacement;
    // Counting reads much of the table: that is for a left-over that nobody is working on.
    const done =
      this.#current === undefined
        ? this.#dependencies.queries.vectors(replacement).count()
        : items - this.#current.missing.size;
    return { ...space, done };
  }

  #open(space: VectorSpace): Replacement {
    const { queries } = this.#dependencies;
    const vectors = queries.vectors(space);
    const missing = new Set(queries.sequencesMissingIn(space));
    const lastSequence = completeUpTo({ vectors, missing });
    const indexManager = new IndexManager({ ...this.#dependencies, vectors, space, lastSequence });
    return { space, vectors, missing, indexManager };
  }

  #create(settings: Settings, wanted: Omit<VectorSpace, 'generation'>): VectorSpace {
    const { database } = this.#dependencies;
    const space = { ...wanted, generation: Math.max(...vectorGenerations(database)) + 1 };
    database.transaction(() => {
      createVectorTable(database, space.generation);
      writeSettings(database, { ...settings, replacement: space });
    });
    return space;
  }

  #active(): Replacement {
    if (this.#current !== undefined) return this.#current;
    throw new TypeError(`No re-embedding of ${this.#name} has begun. Call beginReembedding first.`);
  }
}

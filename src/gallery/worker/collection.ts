import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { CollectionInfo, ReembeddingSettings } from '../../engine/collection-types.ts';
import type { FacetsAnswer, FacetsOptions } from '../../engine/facet-types.ts';
import { checkDeleteFilter, checkItem, checkItemId, checkUpdate } from '../../engine/index.ts';
import type { Filter, SearchAnswer, SearchOptions } from '../../engine/search-types.ts';
import type {
  Item,
  ItemInput,
  ItemUpdate,
  ReembeddedVector,
  UpdateOptions,
  UpdateResult,
  UpsertResult,
} from '../../engine/types.ts';
import type { DeleteOptions, WriteOptions } from '../../engine/write-types.ts';
import type { Sliced } from '../../threads/index.ts';
import { CollectionMemory } from '../memory/collection-memory.ts';
import { addCursorKey, cursorKeyOf } from '../paging/cursor-key.ts';
import { migrateCollection } from '../rebuild/migrate.ts';
import { Reembedding } from '../reembed/reembedding.ts';
import { countValues } from '../search/count-values.ts';
import type { SearchTarget } from '../search/search.ts';
import { settledSearch } from '../search/settled-search.ts';
import { databaseName, openCollectionFile } from '../storage/collection-file.ts';
import { CollectionQueries } from '../storage/collection-queries.ts';
import type { Database } from '../storage/database.ts';
import { Documents } from '../storage/documents.ts';
import { settleIndexes } from '../storage/item-indexes.ts';
import type { VectorSpace } from '../storage/settings.ts';
import type { Written } from '../storage/write-transaction.ts';
import { updateItems } from '../storage/writes.ts';
import { modelMismatch } from './collection-errors.ts';
import { collectionInfo } from './collection-info.ts';
import { CollectionItems } from './collection-items.ts';
import { CollectionMaintenance, type CollectionOptions } from './collection-maintenance.ts';
import { eraseInParts, eraseItems, storeItems, type Writer } from './full-disk.ts';

/** One open collection. It lives in the gallery's thread; generators yield between slices of work. */
export class Collection {
  readonly name: string;
  readonly #options: CollectionOptions;
  readonly #database: Database;
  readonly #queries: CollectionQueries;
  readonly #memory: CollectionMemory;
  readonly #maintenance: CollectionMaintenance;
  readonly #reembedding: Reembedding;
  readonly items: CollectionItems;
  readonly documents: Documents;
  readonly #inode: number;
  readonly #writer: Writer;

  /** Opens the collection in that folder, and compares its rows and indexes if it `isDoubtful`. @throws SnapshelfError `gallery-damaged`, `gallery-locked`. */
  constructor(name: string, directory: string, options: CollectionOptions, isDoubtful: boolean) {
    this.name = name;
    this.#options = options;
    const file = join(directory, databaseName);
    if (!options.readOnly) migrateCollection(file, options.log);
    this.#database = openCollectionFile(file, options);
    try {
      if (!options.readOnly) addCursorKey(this.#database, options.log);
      this.#inode = statSync(this.file).ino;
      this.#queries = new CollectionQueries(this.#database);
      this.#memory = new CollectionMemory(name, { ...options, directory, queries: this.#queries });
      if (isDoubtful) settleIndexes(this.#database, this.#memory.findDamaged(), options);
      const dependencies = { ...options, database: this.#database, queries: this.#queries, directory };
      this.#maintenance = new CollectionMaintenance({ ...dependencies, memory: this.#memory });
      this.#reembedding = new Reembedding(name, dependencies);
      this.#writer = {
        ...dependencies,
        writeLogBack: () => this.#maintenance.writeLogBack(),
        follow: (written) => this.#follow(written),
      };
      this.documents = new Documents(this.#database);
      this.items = new CollectionItems(name, this.#queries, this.#memory, () => this.#maintenance.state());
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** The path of the collection's database. */
  get file(): string {
    return this.#database.file;
  }

  /**
   * True if a reader has to open the collection anew: another process has replaced it, has brought it to today's format, which
   * makes a new file, or has changed a file that nobody seemed to write to.
   */
  get isReplacedOnDisk(): boolean {
    return statSync(this.file, { throwIfNoEntry: false })?.ino !== this.#inode || this.#database.isOutdated;
  }

  /** Describes the collection. */
  info(): CollectionInfo {
    const state = this.#maintenance.state();
    const index = this.#maintenance.indexManager.info(state.items);
    const memory = { ...this.#memory.bytes, index: this.#maintenance.indexManager.bytes };
    const reindex = this.#reembedding.info(state.settings, state.items);
    const further = { fields: this.#queries.fields(), documents: this.documents.revisions() };
    return collectionInfo(this.name, state, { ...further, index, memory, reindex });
  }

  /** Stores items; see `Gallery.upsert`. */
  upsert(modelId: string, inputs: readonly ItemInput[], options: WriteOptions = {}): UpsertResult {
    const { space } = this.#maintenance.state().settings;
    this.#checkModel(modelId, space);
    for (const input of inputs) checkItem(input, space);
    const { written, result } = storeItems(this.#writer, inputs, options);
    this.#follow(written);
    return result;
  }

  /** Changes the fields of items; see `Gallery.update`. */
  update(updates: readonly ItemUpdate[], options: UpdateOptions): UpdateResult {
    for (const update of updates) checkUpdate(update);
    const { written, result } = updateItems(this.#database, updates, options);
    this.#follow(written);
    return result;
  }

  /** Deletes the items of those of the ids that exist. Returns how many they were. */
  delete(ids: readonly string[], options?: DeleteOptions): number {
    for (const id of ids) checkItemId(id);
    return eraseItems(this.#writer, ids, options);
  }

  /** Deletes the items that a filter lets through. Returns how many they were. */
  *deleteMatching(filter: Filter): Generator<void, number> {
    checkDeleteFilter(filter);
    const rows = yield* this.#memory.matching(filter);
    return yield* eraseInParts(this.#writer, this.#memory.rows.sequencesOf(rows));
  }

  /** Finds the nearest items or products; see `Gallery.search`. */
  search(vector: Float32Array, options: SearchOptions): Sliced<SearchAnswer> {
    return settledSearch(() => this.#searchTarget(options), vector, options);
  }

  #searchTarget({ modelId }: SearchOptions): SearchTarget {
    this.#memory.catchUp();
    const { settings, items } = this.#maintenance.state();
    this.#checkModel(modelId, settings.space);
    const { indexManager } = this.#maintenance;
    const parts = { queries: this.#queries, memory: this.#memory, indexManager, items };
    return { ...this.#options, ...parts, space: settings.space, cursorKey: cursorKeyOf(settings) };
  }

  /** Counts values of fields; see `Gallery.facets`. */
  *facets(options: FacetsOptions): Sliced<FacetsAnswer> {
    this.#memory.catchUp();
    return yield* countValues(this.#memory, options, (vector, query) => this.search(vector, query));
  }

  /** Begins to build vectors of another model; see `Gallery.beginReembedding`. */
  beginReembedding(settings: ReembeddingSettings): void {
    this.#reembedding.begin(settings);
    this.#maintenance.cleanUp();
  }

  /** Returns items without a new vector; see `Gallery.itemsToReembed`. */
  itemsToReembed(limit: number): Item[] {
    return this.#reembedding.pending(limit);
  }

  /** Stores new vectors; see `Gallery.storeReembedded`. */
  storeReembedded(vectors: readonly ReembeddedVector[]): void {
    this.#reembedding.store(vectors);
  }

  /** Puts the new vectors in the place of the old ones; see `Gallery.commitReembedding`. */
  commitReembedding(): CollectionInfo {
    const { indexManager, space } = this.#reembedding.commit();
    this.#maintenance.replaceIndex(indexManager, space);
    this.#memory.vectorsOf(space);
    this.#maintenance.cleanUp();
    return this.info();
  }

  /** Drops the new vectors. Does nothing if there are none. */
  abortReembedding(): void {
    this.#reembedding.abort();
    this.#maintenance.cleanUp();
  }

  /** True if it can be closed and opened again without anybody noticing. */
  get isIdle(): boolean {
    return this.#reembedding.indexManager === undefined && this.#maintenance.isIdle;
  }

  /** Does work in several slices: it stays open, and tables that may be read are not cleaned up meanwhile. */
  during<T>(work: Sliced<T>): Sliced<T> {
    return this.#maintenance.during(work);
  }

  /** True if `work` has something to do. */
  get isBehind(): boolean {
    return this.#maintenance.isBehind(this.#reembedding.indexManager);
  }

  /** Does a slice of background work. Returns false if there is nothing to do before a thread answers. */
  work(): boolean {
    return this.#maintenance.work(this.#reembedding.indexManager);
  }

  /** Begins to save the index and the vectors when a crash would cost a long catching up: `work` goes on with it. */
  saveInIdleTime(): void {
    if (!this.isBehind) this.#maintenance.saveInIdleTime();
  }

  /** Begins to save what `close` would wait for; true if there is nothing. Call it when it is idle. */
  saveToClose(): boolean {
    return this.#maintenance.saveToClose();
  }

  /** Closes without saving. */
  abandon(): void {
    this.#maintenance.close(this.#reembedding.indexManager);
    this.#database.close();
  }

  /** Saves the index and the vectors, and closes. The truth is safe in the log: the next start catches up with what fails. */
  close(): void {
    try {
      this.#maintenance.tidyUp();
    } catch (error) {
      const told = { collection: this.name, error: String(error) };
      this.#options.log.warn('closing left work for the next start', told);
    } finally {
      this.abandon();
    }
  }

  /** Takes a change up in memory. */
  #follow(written: Written): Written {
    for (const sequence of written.removed) this.#queries.damaged.delete(sequence);
    this.#memory.follow(written);
    this.#maintenance.follow(written);
    this.#reembedding.follow(written);
    return written;
  }

  #checkModel(modelId: string | undefined, space: VectorSpace): void {
    if (modelId !== undefined && modelId !== space.modelId) throw modelMismatch(this.name, space, modelId);
  }
}

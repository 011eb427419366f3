import { statSync } from 'node:fs';
import { join } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { IndexKeeper } from '../ann/index-manager.ts';
import { checkInteger, checkItem, checkItemId, checkSpace } from '../checks/validate.ts';
import { addCursorKey, cursorKeyOf } from '../paging/cursor-key.ts';
import { Replacement, type ReplacementParts } from '../reembed/reembedding.ts';
import type { Thresholds } from '../search/exact-search-limits.ts';
import { type Searched, search } from '../search/search.ts';
import { catalogueFile, openCatalogueFile } from '../storage/collection-file.ts';
import { Catalogue } from '../storage/collection-queries.ts';
import type { Database } from '../storage/database.ts';
import { isOutdated } from '../storage/migrate.ts';
import type { Settings, Space } from '../storage/settings.ts';
import { type State, writeSettings } from '../storage/state.ts';
import { cleanGenerations } from '../storage/vector-versions.ts';
import { type Changed, deleteItems, upsertItems } from '../storage/writes.ts';
import type {
  CollectionInfo,
  Item,
  ItemInput,
  ItemPage,
  ListOptions,
  ReplacementInfo,
  ReplacementSettings,
  ReplacementVector,
  SearchAnswer,
  SearchOptions,
  StoredImage,
} from '../types.ts';
import { alreadyReindexing, itemNotFound, modelMismatch, notStored } from './collection-errors.ts';

export interface CollectionOptions {
  readonly log: Logger;
  readonly readOnly: boolean;
  readonly thresholds: Thresholds;
}

/** One open collection. Lives in the gallery's worker; generators yield between slices of work. */
export class Collection {
  readonly name: string;
  readonly directory: string;
  readonly #options: CollectionOptions;
  readonly #database: Database;
  readonly #catalogue: Catalogue;
  #keeper: IndexKeeper;
  #generation: number;
  /** Begun since the gallery was opened. */
  #replacement: Replacement | undefined;
  readonly #inode: number;
  #searches = 0;
  /** Left-over tables that are being emptied. */
  #cleaning: Generator<void, void> | undefined;

  /** Opens the collection in that folder. Throws `gallery-damaged`. */
  constructor(name: string, directory: string, options: CollectionOptions) {
    this.name = name;
    this.directory = directory;
    this.#options = options;
    this.#database = openCatalogueFile(join(directory, catalogueFile), options);
    try {
      if (!options.readOnly) addCursorKey(this.#database, options.log);
      this.#inode = statSync(this.file).ino;
      this.#catalogue = new Catalogue(this.#database);
      const { settings, items } = this.#catalogue.state();
      this.#generation = settings.space.generation;
      this.#keeper = this.#keep(settings.space);
      this.#keeper.load(items);
      if (!options.readOnly) this.#cleaning = cleanGenerations(this.directory, this.#database);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  get file(): string {
    return this.#database.file;
  }

  /**
   * Whether a reader has to open the collection anew: another process has dropped it and made one of the same name, or has
   * changed the tables of an earlier format under the views that this reader sees them through.
   */
  get isReplacedOnDisk(): boolean {
    if (statSync(this.file, { throwIfNoEntry: false })?.ino !== this.#inode) return true;
    return isOutdated(this.#database);
  }

  info(): CollectionInfo {
    const { settings, sequence, items, products } = this.#state();
    const { generation: _, ...space } = settings.space;
    return {
      name: this.name,
      ...space,
      storeImages: settings.storeImages,
      createdAt: settings.createdAt,
      items,
      products,
      sequence,
      index: this.#keeper.info(items),
      ...this.#replacementInfo(settings, items),
    };
  }

  upsert(modelId: string, inputs: readonly ItemInput[]): Item[] {
    const { space } = this.#state().settings;
    this.#checkModel(modelId, space);
    for (const input of inputs) checkItem(input, space.dimension);
    return this.#follow(upsertItems(this.#database, inputs)).items;
  }

  delete(ids: readonly string[]): number {
    for (const id of ids) checkItemId(id);
    return this.#follow(deleteItems(this.#database, ids)).removed.length;
  }

  get(id: string): Item {
    checkItemId(id);
    const item = this.#catalogue.get(id);
    if (item !== undefined) return item;
    throw itemNotFound(this.name, id);
  }

  image(id: string): StoredImage {
    const image = this.#catalogue.image(this.get(id).sequence);
    if (image === undefined) throw notStored('image', id);
    return image;
  }

  thumbnail(id: string): StoredImage {
    const bytes = this.#catalogue.thumbnail(this.get(id).sequence);
    if (bytes === undefined) throw notStored('thumbnail', id);
    return { bytes, mediaType: 'image/jpeg' };
  }

  vector(id: string): Float32Array {
    const { sequence } = this.get(id);
    const vector = this.#catalogue.vectors(this.#state().settings.space).get([sequence]).get(sequence);
    if (vector?.every(Number.isFinite)) return vector;
    const why = vector === undefined ? 'is missing' : 'holds no finite numbers';
    throw new SnapshelfError('gallery-damaged', `The vector of item ${JSON.stringify(id)} ${why}.`);
  }

  *list(options: ListOptions): Generator<void, ItemPage> {
    return yield* this.#catalogue.list(options);
  }

  hashes(ids: readonly string[]): Map<string, string> {
    return this.#catalogue.hashes(ids);
  }

  firstMissing(ids: readonly string[]): string | undefined {
    return this.#catalogue.firstMissing(ids);
  }

  *search(vector: Float32Array, options: SearchOptions): Generator<void, SearchAnswer> {
    const { settings, items } = this.#state();
    if (options.modelId !== undefined) this.#checkModel(options.modelId, settings.space);
    const vectors = this.#catalogue.vectors(settings.space);
    const target: Searched = {
      catalogue: this.#catalogue,
      vectors,
      keeper: this.#keeper,
      space: settings.space,
      items,
      thresholds: this.#options.thresholds,
      cursorKey: cursorKeyOf(settings),
    };
    this.#searches += 1;
    try {
      return yield* search(target, vector, options);
    } finally {
      this.#searches -= 1;
    }
  }

  /**
   * Begins to build vectors of another model, or goes on with what an earlier process left of the same model. Throws
   * `collection-busy` when a replacement has begun since the gallery was opened.
   */
  beginReplacement(settings: ReplacementSettings): void {
    const { metric } = this.#catalogue.state().settings.space;
    checkSpace({ ...settings, metric: settings.metric ?? metric });
    if (this.#replacement !== undefined) throw alreadyReindexing(this.name, this.#replacement.space);
    this.#replacement = Replacement.begin(this.#parts(), settings);
    this.#cleaning = cleanGenerations(this.directory, this.#database);
  }

  replacementPending(limit: number): Item[] {
    checkInteger('limit', limit, 1, 10_000);
    return this.#active().pending(limit);
  }

  upsertReplacement(vectors: readonly ReplacementVector[]): void {
    this.#active().upsert(vectors);
  }

  /** Puts the new vectors in the place of the old ones. Throws `collection-busy` while items are pending. */
  commitReplacement(): CollectionInfo {
    const replacement = this.#active();
    replacement.commit();
    this.#keeper = replacement.keeper;
    this.#generation = replacement.space.generation;
    this.#replacement = undefined;
    this.#cleaning = cleanGenerations(this.directory, this.#database);
    return this.info();
  }

  /** Drops what was built; does nothing when there is nothing. */
  abortReplacement(): void {
    const { replacement: _, ...settings } = this.#catalogue.state().settings;
    writeSettings(this.#database, settings);
    this.#replacement = undefined;
    this.#cleaning = cleanGenerations(this.directory, this.#database);
  }

  /** Whether `work` has something to do. */
  get isBehind(): boolean {
    if (this.#options.readOnly) return false;
    const { items } = this.#catalogue.state();
    if (this.#keeper.isBehind(items) || this.#replacement?.keeper.isBehind(items)) return true;
    return this.#searches === 0 && this.#cleaning !== undefined;
  }

  /** Does one slice of what is to be done in the background. */
  work(): void {
    const { items } = this.#catalogue.state();
    if (this.#keeper.isBehind(items)) this.#keeper.work(items);
    else if (this.#replacement?.keeper.isBehind(items)) this.#replacement.keeper.work(items);
    // A search that began before a replacement may still be reading the old table.
    else if (this.#searches === 0 && this.#cleaning?.next().done) this.#cleaning = undefined;
  }

  /** Saves the index when a crash would cost a long catching up; blocks for seconds when it is large. */
  saveInIdleTime(): void {
    if (!this.#options.readOnly && !this.isBehind && this.#keeper.wantsSave) this.#keeper.save();
  }

  /** Closes without saving: the collection is about to be removed. */
  abandon(): void {
    this.#database.close();
  }

  close(): void {
    try {
      if (!this.#options.readOnly) this.#tidyUp();
    } catch (error) {
      // The truth is safe in the log, and the index is a cache: the next start catches up.
      this.#options.log.warn('closing left work for the next start', {
        collection: this.name,
        error: String(error),
      });
    } finally {
      this.#database.close();
    }
  }

  /** The binding keeps a connection until its statements are collected, so closing it alone writes nothing back. */
  #tidyUp(): void {
    this.#keeper.save();
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  /** The state; a reader beside a writer notices here that the vectors were replaced. */
  #state(): State {
    const state = this.#catalogue.state();
    const { space } = state.settings;
    if (space.generation !== this.#generation) {
      this.#generation = space.generation;
      this.#keeper = this.#keep(space);
      this.#keeper.load(state.items);
    }
    return state;
  }

  #keep(space: Space): IndexKeeper {
    const vectors = this.#catalogue.vectors(space);
    return new IndexKeeper({ ...this.#options, directory: this.directory, vectors, space });
  }

  /** Takes a change of the catalogue up in what is made from it. */
  #follow(changed: Changed): Changed {
    this.#keeper.removed(changed.removed);
    this.#keeper.added(changed.items.at(-1)?.sequence ?? 0);
    this.#replacement?.changed(changed);
    return changed;
  }

  #checkModel(modelId: string, space: Space): void {
    if (modelId !== space.modelId) throw modelMismatch(this.name, space, modelId);
  }

  #active(): Replacement {
    if (this.#replacement !== undefined) return this.#replacement;
    throw new TypeError(`No replacement of ${this.name} has begun: call beginReplacement first.`);
  }

  #parts(): ReplacementParts {
    const { directory } = this;
    return { ...this.#options, directory, database: this.#database, catalogue: this.#catalogue };
  }

  #replacementInfo({ replacement }: Settings, items: number): { reindex?: ReplacementInfo } {
    if (replacement === undefined) return {};
    const { generation: _, ...space } = replacement;
    // Counting reads much of the table: that is for a left-over that nobody is working on.
    const done =
      this.#replacement === undefined
        ? this.#catalogue.vectors(replacement).count()
        : items - this.#replacement.missing;
    return { reindex: { ...space, done } };
  }
}

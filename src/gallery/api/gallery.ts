import { rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  allCapabilities,
  type Capabilities,
  type CollectionInfo,
  type CollectionSettings,
  type DamagedCollection,
  type Engine,
  type FacetsAnswer,
  type FacetsOptions,
  type Item,
  type ReembeddedVector,
  type ReembeddingSettings,
  type RestoredCollection,
  type RestoreOptions,
  type SearchAnswer,
  type SearchOptions,
  type SnapshotReport,
} from '../../engine/index.ts';
import { deserializeError, type SnapshelfError } from '../../errors.ts';
import { silentLogger } from '../../log.ts';
import { type Metric, metricNames } from '../../vectors/index.ts';
import { runRestore } from '../snapshot/run-restore.ts';
import { runWrite } from '../snapshot/run-write.ts';
import { copyVector } from './copies.ts';
import { GalleryItems } from './gallery-items.ts';
import { checkGalleryOptions, type GalleryOptions } from './gallery-options.ts';
import type { GalleryCalls } from './operations.ts';
import { RestartingThread } from './restarting-thread.ts';
import { startThread } from './start-thread.ts';

/**
 * An open data folder: collections of items with their vectors. Everything runs in a worker thread of its own; calls
 * are answered in order, except searches and lists, which share the thread in slices. When that thread dies, pending
 * calls reject with `worker-died` and another is started; if threads die one after the other, later calls do too. Calls that take a collection's name reject with `collection-not-found` if
 * there is none, `gallery-damaged` if it cannot be opened, and `gallery-locked` while another process holds its file.
 *
 * @example
 * ```ts
 * import { Gallery } from 'snapshelf';
 *
 * await using gallery = await Gallery.open('data');
 * const modelId = 'a'.repeat(64); // SHA-256 of the model file
 * await gallery.create({ name: 'shop', modelId, modelName: 'my model', dimension: 2, metric: 'cosine' });
 * await gallery.upsert('shop', modelId, [{ id: 'mug', vector: Float32Array.of(1, 0), imageHash: '' }]);
 * const { hits } = await gallery.search('shop', Float32Array.of(1, 0), { k: 5 });
 * console.log(hits[0]?.item.id);
 * ```
 */
export class Gallery extends GalleryItems implements Engine {
  readonly kind = 'embedded';
  readonly capabilities: Capabilities = allCapabilities;
  readonly metrics: readonly Metric[] = metricNames;
  /** Snapshots that are being written or restored. */
  readonly #tasks = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  private constructor(calls: GalleryCalls) {
    super(calls);
  }

  /**
   * Opens a data folder, which one process at a time may write to. Collections in the format of an earlier version are
   * brought to today's.
   * @throws SnapshelfError `gallery-locked` (names the process that holds the folder), `gallery-damaged` (names the
   * file), `not-writable`, `collection-not-found` if there is no folder and none is made, or `index-unavailable` if
   * the index engine that is named does not load.
   */
  static async open(directory: string, options: GalleryOptions = {}): Promise<Gallery> {
    checkGalleryOptions(options);
    const { log = silentLogger } = options;
    const launch = () => startThread(directory, options);
    return new Gallery(options.calls ?? (await RestartingThread.start(launch, log)));
  }

  /** False while the thread of the gallery has died and no other has started. */
  get isAlive(): boolean {
    return this.calls.isAlive !== false;
  }

  /** Resolves with the reason when the gallery cannot be used any more because its threads die; never otherwise. */
  get failed(): Promise<SnapshelfError> {
    return this.calls.failed ?? new Promise(() => {});
  }

  /** Lists the collections that can be used, by name. */
  collections(): Promise<CollectionInfo[]> {
    return this.calls.call('collections', []);
  }

  /** Lists the collections whose files are damaged, by name: calls about them reject with that error, except `drop`. */
  async damaged(): Promise<DamagedCollection[]> {
    const found = await this.calls.call('damaged', []);
    return found.map(({ name, error }) => ({ name, error: deserializeError(error) as SnapshelfError }));
  }

  /** Describes a collection. */
  info(name: string): Promise<CollectionInfo> {
    return this.calls.call('info', [name]);
  }

  /**
   * Makes a collection, or returns the one that has the same settings.
   * @throws SnapshelfError `collection-exists`, `id-invalid`; TypeError or RangeError for other settings.
   */
  create(settings: CollectionSettings): Promise<CollectionInfo> {
    return this.calls.call('create', [settings]);
  }

  /** Removes a collection and all that it holds, also a damaged one. */
  drop(name: string): Promise<void> {
    return this.calls.call('drop', [name]);
  }

  /**
   * Finds the nearest items or products: as many as asked for if there are as many, except for `minScore` and large
   * metadata.
   * @throws SnapshelfError `dimension-mismatch`, `vector-invalid`, `filter-invalid`, `cursor-invalid`, `model-mismatch`;
   * RangeError for options out of range; the signal's reason.
   */
  async search(name: string, vector: Float32Array, options: SearchOptions = {}): Promise<SearchAnswer> {
    const { signal, ...rest } = options;
    return this.calls.call('search', [name, copyVector(vector), rest], { signal });
  }

  /**
   * Counts the values of fields, exactly, over the items that a filter lets through or the nearest of a query.
   * @throws SnapshelfError `filter-invalid`; RangeError for options out of range; the signal's reason; with `near`,
   * what `search` throws.
   */
  async facets(name: string, options: FacetsOptions): Promise<FacetsAnswer> {
    const { near, signal, ...rest } = options;
    const copied = near && { ...near, vector: copyVector(near.vector) };
    return this.calls.call('facets', [name, { ...rest, near: copied }], { signal });
  }

  /**
   * Writes the collection into one file, which appears whole or not at all, without stopping other calls. The path is
   * overwritten.
   * @throws SnapshelfError `disk-full`, `not-writable`.
   */
  async snapshot(name: string, path: string): Promise<SnapshotReport> {
    const database = await this.calls.call('databaseFile', [name]);
    return this.#track(runWrite({ collection: name, database, path: resolve(path) }));
  }

  /**
   * Makes a collection from a snapshot, which may come from anywhere: a process of its own checks every row as a write
   * is checked, and copies it into a new file; only when that is complete does the collection exist. The file is read
   * twice, and needs its own size of free space twice over meanwhile.
   * @throws SnapshelfError `snapshot-invalid` (nothing was restored), `collection-exists`, `disk-full`, `not-writable`.
   */
  async restore(name: string, path: string, options: RestoreOptions = {}): Promise<RestoredCollection> {
    const folder = await this.calls.call('beginRestore', [name]);
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    const { maxSeconds = 120 + size / 2 ** 20, maxMegabytes = 1024, onProgress, keepGps = false } = options;
    const limits = { seconds: maxSeconds, megabytes: maxMegabytes };
    try {
      const task = { path: resolve(path), folder, keepGps };
      const placesRemoved = await this.#track(runRestore(task, { limits, onProgress }));
      return { ...(await this.calls.call('commitRestore', [name, folder])), placesRemoved };
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * Begins to replace all vectors by those of another model, beside the running collection; goes on with the vectors that
   * an earlier process left of the same model.
   * @throws SnapshelfError `collection-busy` if one has begun since the gallery was opened.
   */
  beginReembedding(name: string, settings: ReembeddingSettings): Promise<void> {
    return this.calls.call('beginReembedding', [name, settings]);
  }

  /**
   * Returns at most `limit` items that have no vector of the new model, among them those that changed meanwhile; fewer if
   * their metadata is more than a megabyte.
   */
  itemsToReembed(name: string, limit: number): Promise<Item[]> {
    return this.calls.call('itemsToReembed', [name, limit]);
  }

  /** Stores new vectors; those of items that have changed since `sequence` are dropped. */
  async storeReembedded(name: string, vectors: readonly ReembeddedVector[]): Promise<void> {
    const copies = vectors.map((item) => ({ ...item, vector: copyVector(item.vector) }));
    return this.calls.call('storeReembedded', [name, copies]);
  }

  /**
   * Puts the new vectors in the place of the old ones in one transaction; from then on `upsert` takes the new model's.
   * @throws SnapshelfError `collection-busy` while items have no new vector, as when one was written since the last look:
   * embed it and repeat.
   */
  commitReembedding(name: string): Promise<CollectionInfo> {
    return this.calls.call('commitReembedding', [name]);
  }

  /** Drops the new vectors. Does nothing if there are none. */
  abortReembedding(name: string): Promise<void> {
    return this.calls.call('abortReembedding', [name]);
  }

  /** Returns the document that is kept with a collection under a key; undefined if there is none. */
  document(name: string, key: string): Promise<string | undefined> {
    return this.calls.call('document', [name, key]);
  }

  /**
   * Keeps a text of at most 2^20 characters with a collection, in its snapshots too, in the place of the one that had the key; undefined
   * removes it. `CollectionInfo.documents` names what is kept.
   * @throws SnapshelfError `item-invalid`, `disk-full`, `read-only`; TypeError for a key that is no name.
   */
  setDocument(name: string, key: string, content: string | undefined): Promise<void> {
    return this.calls.call('setDocument', [name, key, content]);
  }

  /** Lets calls finish, saves the indexes and releases the folder. Later calls reject with `closed`. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#tasks);
    await this.calls.close();
  }

  async #track<T>(task: Promise<T>): Promise<T> {
    this.#tasks.add(task);
    try {
      return await task;
    } finally {
      this.#tasks.delete(task);
    }
  }
}

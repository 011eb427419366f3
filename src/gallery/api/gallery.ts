import { rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { deserializeError, type SnapshelfError } from '../../errors.ts';
import { type Logger, silentLogger } from '../../log.ts';
import { defaultThresholds, type Thresholds } from '../search/exact-search-limits.ts';
import { type RestoreProgress, runRestore } from '../snapshot/restore.ts';
import { runWriteTask } from '../snapshot/write-task.ts';
import type {
  CollectionInfo,
  CollectionSettings,
  DamagedCollection,
  Item,
  ItemInput,
  ItemPage,
  ListOptions,
  ReplacementSettings,
  ReplacementVector,
  SearchAnswer,
  SearchOptions,
  SnapshotReport,
  StoredImage,
} from '../types.ts';
import { WorkerClient } from './client.ts';

export interface GalleryOptions {
  /** Default: nothing is logged. */
  readonly log?: Logger | undefined;
  /** Only read, beside a writer or without one. Takes no lock. Default false. */
  readonly readOnly?: boolean | undefined;
  /** Make the folder when it does not exist. Default true. */
  readonly createIfMissing?: boolean | undefined;
  /** @internal For tests: makes small collections behave like large ones. */
  readonly thresholds?: Thresholds | undefined;
}

/** What checking a snapshot may take before it is given up. */
export interface RestoreOptions {
  /** Default: 120, and one more for every MiB of the file. */
  readonly maxSeconds?: number | undefined;
  /** Resident memory of the process, MiB. Default 1,024. Not watched on Windows. */
  readonly maxMegabytes?: number | undefined;
  readonly onProgress?: ((progress: RestoreProgress) => void) | undefined;
}

/**
 * An open data folder: collections of items with their vectors. Everything runs in a worker thread of its own; calls
 * are answered in order, but for searches and lists, which share the thread in slices. When that thread dies, pending
 * and later calls reject with `worker-died`.
 */
export class Gallery {
  readonly #worker: WorkerClient;
  /** Snapshot threads at work. */
  readonly #tasks = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  private constructor(worker: WorkerClient) {
    this.#worker = worker;
  }

  /**
   * Opens a data folder, which one process at a time may write to. Throws `gallery-locked` (naming the process that
   * holds it), `gallery-damaged` (naming the file), or `collection-not-found` when there is no folder and none is made.
   */
  static async open(directory: string, options: GalleryOptions = {}): Promise<Gallery> {
    const { log = silentLogger, readOnly = false, createIfMissing = true } = options;
    const { thresholds = defaultThresholds } = options;
    const settings = { directory: resolve(directory), readOnly, createIfMissing, thresholds };
    return new Gallery(await WorkerClient.start(settings, log));
  }

  /** All collections that can be used, by name. */
  collections(): Promise<CollectionInfo[]> {
    return this.#worker.ask('collections', []);
  }

  /** The collections whose files are damaged, by name: calls about them reject with that error, but for `drop`. */
  async damaged(): Promise<DamagedCollection[]> {
    const found = await this.#worker.ask('damaged', []);
    return found.map(({ name, error }) => ({ name, error: deserializeError(error) as SnapshelfError }));
  }

  /** Throws `collection-not-found` or `gallery-damaged`, as every call that takes a collection's name. */
  info(name: string): Promise<CollectionInfo> {
    return this.#worker.ask('info', [name]);
  }

  /** Makes a collection, or returns the one that has the same settings. Throws `collection-exists`, `id-invalid`. */
  create(settings: CollectionSettings): Promise<CollectionInfo> {
    return this.#worker.ask('create', [settings]);
  }

  /** Removes a collection and all that it holds, also a damaged one. */
  drop(name: string): Promise<void> {
    return this.#worker.ask('drop', [name]);
  }

  /**
   * Stores items in one transaction, replacing those of the same ids: all or none, durable and found by searches when it
   * resolves. Throws `model-mismatch`, `id-invalid`, `item-invalid`, `dimension-mismatch`, `vector-invalid`, `disk-full`.
   */
  async upsert(name: string, modelId: string, items: readonly ItemInput[]): Promise<Item[]> {
    const copies = items.map(copyOf);
    const transfer = copies.flatMap(({ vector, image, thumbnail }) =>
      [vector, image, thumbnail].flatMap((part) => (part === undefined ? [] : [part.buffer])),
    );
    return this.#worker.ask('upsert', [name, modelId, copies], { transfer });
  }

  /** Deletes what exists of the ids, durably; returns how many that were. */
  delete(name: string, ids: readonly string[]): Promise<number> {
    return this.#worker.ask('delete', [name, ids]);
  }

  /** Throws `item-not-found`. */
  get(name: string, id: string): Promise<Item> {
    return this.#worker.ask('get', [name, id]);
  }

  /** The picture as it was sent. Throws `item-not-found`, `image-not-stored`. */
  image(name: string, id: string): Promise<StoredImage> {
    return this.#worker.ask('image', [name, id]);
  }

  /** A JPEG. Throws `item-not-found`, `image-not-stored`. */
  thumbnail(name: string, id: string): Promise<StoredImage> {
    return this.#worker.ask('thumbnail', [name, id]);
  }

  /** `float32[D]`, raw. Throws `item-not-found`. */
  vector(name: string, id: string): Promise<Float32Array> {
    return this.#worker.ask('vector', [name, id]);
  }

  /** A page of items by id. Throws `filter-invalid`, `cursor-invalid`, a RangeError for the limit. */
  list(name: string, options: ListOptions = {}): Promise<ItemPage> {
    return this.#worker.ask('list', [name, options]);
  }

  /** The image hashes of those of the ids that exist. */
  hashes(name: string, ids: readonly string[]): Promise<Map<string, string>> {
    return this.#worker.ask('hashes', [name, ids]);
  }

  /** The first of the ids that no item has; undefined when all are there. */
  firstMissing(name: string, ids: readonly string[]): Promise<string | undefined> {
    return this.#worker.ask('firstMissing', [name, ids]);
  }

  /**
   * The nearest items or products. Never fewer than asked for when there are as many, but for `minScore` and large metadata. Throws
   * `dimension-mismatch`, `vector-invalid`, `filter-invalid`, `cursor-invalid`, a RangeError for options out of range.
   */
  async search(name: string, vector: Float32Array, options: SearchOptions = {}): Promise<SearchAnswer> {
    const { signal, ...rest } = options;
    return this.#worker.ask('search', [name, floatsOf(vector), rest], { signal });
  }

  /**
   * Writes the collection into one file, which appears whole or not at all, without stopping other calls. The path is
   * overwritten. Throws `disk-full`.
   */
  async snapshot(name: string, path: string): Promise<SnapshotReport> {
    const catalogue = await this.#worker.ask('catalogueFile', [name]);
    return this.#track(runWriteTask({ collection: name, catalogue, path: resolve(path) }));
  }

  /**
   * Makes a collection from a snapshot, which may come from anywhere: a process of its own checks every row as a write
   * is checked, and copies it into a new file; only when that is complete does the collection exist. The file is read
   * twice, and needs its own size of free space twice over meanwhile.
   * Throws `snapshot-invalid` (nothing was restored), `collection-exists`, `disk-full`.
   */
  async restore(name: string, path: string, options: RestoreOptions = {}): Promise<CollectionInfo> {
    const folder = await this.#worker.ask('beginRestore', [name]);
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    const { maxSeconds = 120 + size / 2 ** 20, maxMegabytes = 1024, onProgress } = options;
    const bounds = { seconds: maxSeconds, megabytes: maxMegabytes, onProgress };
    try {
      await this.#track(runRestore({ path: resolve(path), folder }, bounds));
      return await this.#worker.ask('commitRestore', [name, folder]);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * Begins to replace all vectors by those of another model, beside the running collection; goes on with what an earlier
   * process left of the same model. Throws `collection-busy` when one has begun since the gallery was opened.
   */
  beginReplacement(name: string, settings: ReplacementSettings): Promise<void> {
    return this.#worker.ask('beginReplacement', [name, settings]);
  }

  /** At most `limit` items, fewer where their metadata is more than a megabyte, that have no vector of the new model, among them those that changed meanwhile. */
  replacementPending(name: string, limit: number): Promise<Item[]> {
    return this.#worker.ask('replacementPending', [name, limit]);
  }

  /** Stores new vectors; those of items that have changed since `sequence` are dropped. */
  async upsertReplacement(name: string, items: readonly ReplacementVector[]): Promise<void> {
    const copies = items.map((item) => ({ ...item, vector: floatsOf(item.vector) }));
    return this.#worker.ask('upsertReplacement', [name, copies]);
  }

  /**
   * Puts the new vectors in the place of the old ones in one transaction; from then on `upsert` takes the new model's.
   * Throws `collection-busy` while items are pending, as when one was written since the last look: embed it and repeat.
   */
  commitReplacement(name: string): Promise<CollectionInfo> {
    return this.#worker.ask('commitReplacement', [name]);
  }

  abortReplacement(name: string): Promise<void> {
    return this.#worker.ask('abortReplacement', [name]);
  }

  /** Lets calls finish, saves the indexes, releases the folder. Later calls reject with `closed`. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#tasks);
    await this.#worker.close();
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

/** The item with buffers of its own, so that they can be handed over and the caller's stay usable. */
function copyOf(item: ItemInput): ItemInput & { readonly vector: Float32Array<ArrayBuffer> } & {
  readonly image?: Uint8Array<ArrayBuffer> | undefined;
  readonly thumbnail?: Uint8Array<ArrayBuffer> | undefined;
} {
  return {
    ...item,
    vector: floatsOf(item.vector),
    image: item.image === undefined ? undefined : new Uint8Array(item.image),
    thumbnail: item.thumbnail === undefined ? undefined : new Uint8Array(item.thumbnail),
  };
}

function floatsOf(vector: Float32Array): Float32Array<ArrayBuffer> {
  if (vector instanceof Float32Array) return new Float32Array(vector);
  throw new TypeError(`vector must be a Float32Array, not ${typeof vector}`);
}

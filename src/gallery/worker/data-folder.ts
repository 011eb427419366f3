import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CollectionInfo,
  type CollectionSettings,
  checkName,
  checkSettings,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import {
  type FolderLock,
  fileError,
  makeFolderSync,
  readError,
  renameDurablySync,
  syncFolderSync,
} from '../../files/index.ts';
import { counted } from '../../text.ts';
import { findIndexEngines, firstEngine, requireEngine } from '../ann/index-engines.ts';
import type { GallerySetup } from '../api/operations.ts';
import { checkDataFolder } from '../inspect/check-folder.ts';
import { createCollectionFile, databaseName } from '../storage/collection-file.ts';
import { DiskReserve } from '../storage/disk-reserve.ts';
import type { Collection } from './collection.ts';
import { CollectionBackground } from './collection-background.ts';
import { collectionExists, collectionNotFound } from './collection-errors.ts';
import type { CollectionOptions } from './collection-maintenance.ts';
import { requireSameSettings, settingsOf } from './collection-settings.ts';
import { lockDataFolder } from './lock-data-folder.ts';
import { OpenCollections } from './open-collections.ts';
import { makeUnfinished, removeFolder, removeUnfinished } from './unfinished-folders.ts';

/** Options of `DataFolder`. */
export interface DataFolderOptions
  extends Omit<GallerySetup, 'indexThreads' | 'scanThreads'>,
    Pick<CollectionOptions, 'log' | 'scanThreads' | 'shardHosts'> {}

/**
 * The open data folder: `collections/<name>/` each. A folder whose name begins with a dot is being made or removed, and
 * goes when the data folder is opened: making and removing a collection is one rename.
 */
export class DataFolder {
  readonly #options: DataFolderOptions;
  readonly #root: string;
  readonly #lock: FolderLock | undefined;
  readonly #collections: OpenCollections;
  readonly #reserve: DiskReserve | undefined;
  readonly #background: CollectionBackground;

  /**
   * Opens a data folder.
   * @throws SnapshelfError `gallery-locked`, `gallery-damaged`, `not-writable`, `collection-not-found` without a folder.
   */
  constructor(options: DataFolderOptions) {
    this.#options = options;
    this.#background = new CollectionBackground(options.log);
    this.#root = join(options.directory, 'collections');
    this.#prepareFolder();
    if (options.indexEngine !== undefined) requireEngine(options.indexEngine);
    if (firstEngine() === undefined)
      options.log.warn('no search index: exact search serves instead', {
        reasons: findIndexEngines().map(({ detail }) => detail),
      });
    this.#reserve = options.readOnly ? undefined : new DiskReserve(options.directory, options.log);
    this.#collections = new OpenCollections(this.#root, { ...options, reserve: this.#reserve });
    // A full disk has no room for the lock's note, which is written when the lock is taken: the reserve is nobody else's then.
    this.#lock = this.#reserve && DiskReserve.use(this.#reserve, () => lockDataFolder(options.directory));
    try {
      if (!options.readOnly) {
        this.#reserve?.prepare();
        removeUnfinished(this.#root);
      }
      this.#collections.refresh();
      this.#reserve?.restore();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Describes the collections, by name.
   * @throws SnapshelfError `gallery-locked` while another process keeps one of them from being opened: without it the list
   * would be wrong.
   */
  *collections(): Generator<void, CollectionInfo[]> {
    this.#lookAgain();
    const { busyError } = this.#collections;
    if (busyError !== undefined) throw busyError;
    return yield* this.#collections.infos();
  }

  /** Lists the collections that do not open, by name, with the reason. */
  *damaged(): Generator<void, { readonly name: string; readonly error: SnapshelfError }[]> {
    this.#lookAgain();
    yield* this.#collections.openRest();
    return this.#collections.damaged();
  }

  /**
   * Returns an open collection.
   * @throws SnapshelfError `id-invalid`, `collection-not-found`, or the error of one that does not open.
   */
  collection(name: string): Collection {
    checkName(name);
    this.#lookAgain();
    const collection = this.#collections.get(name);
    if (collection === undefined) throw this.#collections.problemOf(name) ?? collectionNotFound(name);
    this.#background.wake(collection);
    return collection;
  }

  /**
   * Makes a collection, or returns the one that exists with the same settings.
   * @throws SnapshelfError `collection-exists`, `id-invalid`, `read-only`; TypeError or RangeError for other settings.
   */
  create(wanted: CollectionSettings): CollectionInfo {
    this.checkWritable();
    checkSettings(wanted);
    this.#lookAgain();
    const existing = this.#collections.get(wanted.name)?.info();
    const problem = this.#collections.problemOf(wanted.name);
    if (problem !== undefined) throw problem;
    if (existing !== undefined) return requireSameSettings(existing, wanted);
    this.#checkCount();
    const directory = makeUnfinished(this.#root);
    try {
      createCollectionFile(join(directory, databaseName), settingsOf(wanted));
      return this.adopt(wanted.name, directory);
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw fileError(error, directory);
    }
  }

  /** Makes a new folder for `adopt`. @throws SnapshelfError `collection-exists`, `id-invalid`, `read-only`. */
  beginRestore(name: string): string {
    this.checkWritable();
    checkName(name);
    this.#checkFree(name);
    this.#checkCount();
    return makeUnfinished(this.#root);
  }

  /** Makes a folder from `beginRestore` the collection of that name. @throws SnapshelfError `collection-exists`. */
  adopt(name: string, directory: string): CollectionInfo {
    this.#checkFree(name);
    syncFolderSync(directory);
    renameDurablySync(directory, join(this.#root, name));
    return this.#collections.open(name).info();
  }

  /** Removes a collection, also a damaged one, and the duplicates found of it. @throws SnapshelfError `id-invalid`, `collection-not-found`, `read-only`. */
  drop(name: string): void {
    this.checkWritable();
    checkName(name);
    this.#collections.get(name);
    if (!this.#collections.isDamaged(name)) this.collection(name);
    this.#collections.forget(name);
    try {
      removeFolder(this.#root, name);
      rmSync(join(this.#root, '..', 'duplicates', `${name}.json`), { force: true });
    } catch (error) {
      // What could not be removed is there as before.
      this.#collections.refresh();
      throw fileError(error, join(this.#root, name));
    }
  }

  /** @throws SnapshelfError `read-only` if the gallery was opened to read only. */
  checkWritable(): void {
    if (this.#options.readOnly)
      throw new SnapshelfError('read-only', 'The gallery was opened with readOnly: true.');
  }

  /** Saves the indexes, closes the collections and releases the folder. */
  close(): void {
    try {
      this.#collections.close();
    } finally {
      this.#lock?.release();
    }
  }

  /** True if `work` has something to do. */
  isBehind(): boolean {
    return this.#background.firstBehind(this.#collections.values()) !== undefined;
  }

  /** Does a slice of background work. Returns false if there is nothing to do before a thread answers. */
  work(): boolean {
    return this.#background.work(this.#collections.values());
  }

  /** Begins to save the indexes and vectors that have changed much. */
  saveInIdleTime(): void {
    this.#reserve?.refill();
    this.#background.saveInIdleTime(this.#collections.values());
  }

  /** Looks what there is: a writer may be at work beside a reader. A writer looks only for what it could not open. */
  #lookAgain(): void {
    if (this.#options.readOnly || this.#collections.isDue) this.#collections.refresh();
  }

  #checkFree(name: string): void {
    if (this.#collections.has(name)) throw collectionExists(name, 'Choose another name, or drop it first.');
  }

  #checkCount(): void {
    const { maxCollections } = this.#options;
    if (this.#collections.count < maxCollections) return;
    throw new SnapshelfError(
      'too-many-collections',
      `The data folder has ${counted(this.#collections.count, 'collection')}, which is as many as it may have. Drop one first, or raise maxCollections.`,
      { details: { maxCollections } },
    );
  }

  #prepareFolder(): void {
    const { directory, readOnly, createIfMissing } = this.#options;
    if (!existsSync(directory) && (readOnly || !createIfMissing))
      throw new SnapshelfError('collection-not-found', `There is no data folder ${directory}.`, {
        details: { directory },
      });
    if (existsSync(directory)) checkReadable(directory);
    if (readOnly) return;
    makeFolderSync(this.#root);
    syncFolderSync(directory);
  }
}

function checkReadable(directory: string): void {
  try {
    checkDataFolder(directory);
  } catch (error) {
    throw readError(error, directory);
  }
}

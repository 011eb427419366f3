import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { hnswAvailable } from '../ann/vector-index.ts';
import { checkName, checkSettings, isName } from '../checks/validate.ts';
import { syncDirectory } from '../durable.ts';
import { checkCollectionFolder, checkDataFolder } from '../inspect/check-folder.ts';
import { preflight } from '../inspect/preflight.ts';
import { newCursorKey } from '../paging/cursor-key.ts';
import type { Thresholds } from '../search/exact-search-limits.ts';
import { catalogueFile, createCatalogueFile } from '../storage/collection-file.ts';
import type { Settings } from '../storage/settings.ts';
import type { CollectionInfo, CollectionSettings } from '../types.ts';
import { Background } from './background.ts';
import { Collection } from './collection.ts';
import { FolderLock } from './lock.ts';

export interface StoreOptions {
  readonly directory: string;
  readonly readOnly: boolean;
  readonly createIfMissing: boolean;
  readonly log: Logger;
  readonly thresholds: Thresholds;
}

/**
 * The open data folder: `collections/<name>/` each. A folder whose name begins with a dot is being made or removed, and
 * goes when the store is opened: making and removing a collection is one rename.
 */
export class Store {
  readonly #options: StoreOptions;
  readonly #root: string;
  readonly #lock: FolderLock | undefined;
  readonly #open = new Map<string, Collection>();
  /** Collections that do not open: one of them does not keep the others from being served. */
  readonly #damaged = new Map<string, Damaged>();
  /** Collections that another process keeps from being opened: they are tried again before long. */
  readonly #busy = new Map<string, { readonly until: number; readonly error: SnapshelfError }>();
  readonly #background: Background;

  /** Throws `gallery-locked`, `gallery-damaged`, or `collection-not-found` when there is no folder to open. */
  constructor(options: StoreOptions) {
    this.#options = options;
    this.#background = new Background(options.log);
    this.#root = join(options.directory, 'collections');
    this.#prepareFolder();
    const hnsw = hnswAvailable();
    if (!hnsw.available) options.log.warn(hnsw.detail);
    this.#lock = options.readOnly ? undefined : new FolderLock(options.directory);
    try {
      if (!options.readOnly) this.#removeLeftovers();
      this.#refresh();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Throws `gallery-locked` while another process keeps one of them from being opened: without it the list would be wrong. */
  collections(): Collection[] {
    this.#lookAgain();
    const [busy] = this.#busy.values();
    if (busy !== undefined) throw busy.error;
    return [...this.#open.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The collections that do not open, by name, with the reason. */
  damaged(): { readonly name: string; readonly error: SnapshelfError }[] {
    this.#lookAgain();
    const found = [...this.#damaged].map(([name, { error }]) => ({ name, error }));
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Throws `id-invalid`, `collection-not-found`, or the error of one that does not open. */
  collection(name: string): Collection {
    checkName(name);
    this.#lookAgain();
    const collection = this.#open.get(name);
    if (collection !== undefined) {
      this.#background.wake(collection);
      return collection;
    }
    throw this.#damaged.get(name)?.error ?? this.#busy.get(name)?.error ?? notFound(name);
  }

  /** Makes a collection, or returns the one that exists with the same settings. */
  create(wanted: CollectionSettings): CollectionInfo {
    this.checkWritable();
    checkSettings(wanted);
    this.#lookAgain();
    const problem = this.#damaged.get(wanted.name)?.error ?? this.#busy.get(wanted.name)?.error;
    if (problem !== undefined) throw problem;
    const existing = this.#open.get(wanted.name)?.info();
    if (existing !== undefined) return sameSettings(existing, wanted);
    const directory = this.#newFolder();
    createCatalogueFile(join(directory, catalogueFile), settingsOf(wanted));
    return this.adopt(wanted.name, directory);
  }

  /** A new folder for `adopt`. Throws `collection-exists`. */
  beginRestore(name: string): string {
    this.checkWritable();
    checkName(name);
    this.#checkFree(name);
    return this.#newFolder();
  }

  /** Makes a folder from `beginRestore` the collection of that name. Throws `collection-exists`. */
  adopt(name: string, directory: string): CollectionInfo {
    this.#checkFree(name);
    const home = join(this.#root, name);
    syncDirectory(directory);
    renameSync(directory, home);
    syncDirectory(this.#root);
    const collection = new Collection(name, home, this.#options);
    this.#open.set(name, collection);
    return collection.info();
  }

  drop(name: string): void {
    this.checkWritable();
    checkName(name);
    if (!this.#damaged.has(name)) this.collection(name).abandon();
    this.#open.delete(name);
    this.#damaged.delete(name);
    const doomed = join(this.#root, `.old-${randomBytes(6).toString('hex')}`);
    renameSync(join(this.#root, name), doomed);
    syncDirectory(this.#root);
    rmSync(doomed, { recursive: true, force: true });
  }

  /** Throws `read-only` when the gallery was opened so. */
  checkWritable(): void {
    if (this.#options.readOnly)
      throw new SnapshelfError('read-only', 'The gallery was opened with readOnly: true.');
  }

  close(): void {
    try {
      for (const collection of this.#open.values()) collection.close();
    } finally {
      this.#open.clear();
      this.#lock?.release();
    }
  }

  /** Whether `work` has something to do. */
  get isBehind(): boolean {
    return this.#background.behind(this.#open.values()) !== undefined;
  }

  /** Does a slice of background work. */
  work(): void {
    this.#background.work(this.#open.values());
  }

  saveInIdleTime(): void {
    this.#background.saveInIdleTime(this.#open.values());
  }

  #checkFree(name: string): void {
    if (this.#isKnown(name)) throw exists(name, 'Choose another name, or drop it first.');
  }

  #isKnown(name: string): boolean {
    return this.#open.has(name) || this.#damaged.has(name) || this.#busy.has(name);
  }

  #newFolder(): string {
    const directory = join(this.#root, `.new-${randomBytes(6).toString('hex')}`);
    mkdirSync(directory);
    return directory;
  }

  #prepareFolder(): void {
    const { directory, readOnly, createIfMissing } = this.#options;
    if (!existsSync(directory) && (readOnly || !createIfMissing))
      throw new SnapshelfError('collection-not-found', `There is no data folder ${directory}.`, {
        details: { directory },
      });
    if (existsSync(directory)) checkDataFolder(directory);
    if (readOnly) return;
    mkdirSync(this.#root, { recursive: true });
    syncDirectory(directory);
  }

  #removeLeftovers(): void {
    for (const name of readdirSync(this.#root))
      if (/^\.(new|old)-/.test(name)) rmSync(join(this.#root, name), { recursive: true, force: true });
  }

  /** A writer may be at work beside a reader; a writer itself knows what there is, but for what it could not open. */
  #lookAgain(): void {
    if (this.#options.readOnly || this.#busy.size > 0) this.#refresh();
  }

  /** Opens what is there and not open yet, and forgets what is gone. */
  #refresh(): void {
    const names = new Set(existsSync(this.#root) ? readdirSync(this.#root).filter(isName) : []);
    for (const [name, collection] of this.#open)
      if (!names.has(name) || collection.isReplacedOnDisk) {
        this.#open.delete(name);
        collection.close();
      }
    for (const [name, { stamp, until }] of this.#damaged)
      if (!names.has(name) || stamp !== this.#stampOf(name) || performance.now() > until)
        this.#damaged.delete(name);
    for (const [name, { until }] of this.#busy)
      if (!names.has(name) || performance.now() > until) this.#busy.delete(name);
    this.#openAll([...names].filter((name) => !this.#isKnown(name)));
  }

  /** Opens collections, after a look at what they hold that nothing of theirs can hold up. */
  #openAll(names: readonly string[]): void {
    const problems = new Map<string, unknown>();
    for (const name of names)
      try {
        checkCollectionFolder(join(this.#root, name));
      } catch (error) {
        problems.set(name, error);
      }
    const fileOf = (name: string): string => join(this.#root, name, catalogueFile);
    const errors = preflight(names.filter((name) => !problems.has(name)).map(fileOf));
    for (const name of names) this.#openCollection(name, problems.get(name) ?? errors.get(fileOf(name)));
  }

  /** Opens a collection, or remembers why it is not opened. */
  #openCollection(name: string, problem: unknown): void {
    const directory = join(this.#root, name);
    const stamp = this.#stampOf(name);
    try {
      if (problem !== undefined) throw problem;
      this.#open.set(name, new Collection(name, directory, this.#options));
    } catch (cause) {
      // The writer beside a reader has dropped it meanwhile.
      if (!existsSync(directory)) return;
      if (cause instanceof SnapshelfError && cause.code === 'gallery-locked') {
        this.#busy.set(name, { until: performance.now() + retryBusyAfterMs, error: cause });
        return;
      }
      const error = asDamage(name, cause);
      // What a writer was just doing to a file is not to be held against it for long.
      const until = this.#options.readOnly ? performance.now() + retryAfterMs : Number.POSITIVE_INFINITY;
      this.#damaged.set(name, { stamp, until, error });
      this.#options.log.error(`the collection ${name} cannot be served: ${error.message}`);
    }
  }

  /** Changes when somebody puts another file in the place of a damaged one. */
  #stampOf(name: string): string {
    try {
      const { ino, size, mtimeMs } = lstatSync(join(this.#root, name, catalogueFile));
      return `${ino} ${size} ${mtimeMs}`;
    } catch {
      return ''; // There is none.
    }
  }
}

interface Damaged {
  /** Of the file that did not open. */
  readonly stamp: string;
  /** When to try again, by `performance.now()`. */
  readonly until: number;
  readonly error: SnapshelfError;
}

/** After that long a reader looks again at a collection that did not open. */
const retryAfterMs = 10_000;
/** After that long a collection that another process held is tried again; trying blocks the thread for up to a second. */
const retryBusyAfterMs = 2000;

/** Why a collection does not open; an error that nobody foresaw is damage too, and keeps its own as the cause. */
const asDamage = (name: string, cause: unknown): SnapshelfError =>
  cause instanceof SnapshelfError
    ? cause
    : new SnapshelfError('gallery-damaged', `The collection ${name} does not open: ${String(cause)}`, {
        cause,
      });

const notFound = (name: string): SnapshelfError =>
  new SnapshelfError('collection-not-found', `There is no collection ${name}.`, {
    details: { collection: name },
  });

const settingsOf = ({
  modelId,
  modelName,
  dimension,
  metric,
  storeImages = true,
}: CollectionSettings): Settings => ({
  space: { modelId, modelName, dimension, metric, generation: 1 },
  storeImages,
  createdAt: new Date().toISOString(),
  cursorKey: newCursorKey(),
});

const exists = (name: string, advice: string, details: Record<string, unknown> = {}): SnapshelfError =>
  new SnapshelfError('collection-exists', `There is a collection ${name} already. ${advice}`, {
    details: { collection: name, ...details },
  });

function sameSettings(existing: CollectionInfo, wanted: CollectionSettings): CollectionInfo {
  const { storeImages = true } = wanted;
  const differs = (['modelId', 'dimension', 'metric'] as const).filter(
    (key) => existing[key] !== wanted[key],
  );
  if (differs.length === 0 && existing.storeImages === storeImages) return existing;
  const fields = existing.storeImages === storeImages ? differs : [...differs, 'storeImages'];
  throw exists(wanted.name, `It differs in ${fields.join(', ')}: use it as it is, or drop it first.`, {
    fields,
  });
}

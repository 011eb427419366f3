import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { Collection } from './collection.ts';
import { syncDirectory } from './durable.ts';
import { hnswAvailable } from './index/vector-index.ts';
import { FolderLock } from './lock.ts';
import { catalogueFile, createCatalogueFile } from './schema.ts';
import type { Settings } from './state.ts';
import type { Thresholds } from './thresholds.ts';
import type { CollectionInfo, CollectionSettings } from './types.ts';
import { checkName, checkSettings, isName } from './validate.ts';

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

  /** Throws `gallery-locked`, `gallery-damaged`, or `collection-not-found` when there is no folder to open. */
  constructor(options: StoreOptions) {
    this.#options = options;
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

  collections(): Collection[] {
    if (this.#options.readOnly) this.#refresh();
    return [...this.#open.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Throws `id-invalid` or `collection-not-found`. */
  collection(name: string): Collection {
    checkName(name);
    if (this.#options.readOnly) this.#refresh();
    const collection = this.#open.get(name);
    if (collection !== undefined) return collection;
    throw new SnapshelfError('collection-not-found', `There is no collection ${name}.`, {
      details: { collection: name },
    });
  }

  /** Makes a collection, or returns the one that exists with the same settings. */
  create(wanted: CollectionSettings): CollectionInfo {
    this.checkWritable();
    checkSettings(wanted);
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
    return this.#openCollection(name).info();
  }

  drop(name: string): void {
    this.checkWritable();
    const collection = this.collection(name);
    this.#open.delete(name);
    collection.abandon();
    const doomed = join(this.#root, `.old-${randomBytes(6).toString('hex')}`);
    renameSync(collection.directory, doomed);
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
    return this.#behind() !== undefined;
  }

  /** Does a slice of background work. */
  work(): void {
    this.#behind()?.work();
  }

  saveInIdleTime(): void {
    for (const collection of this.#open.values()) collection.saveInIdleTime();
  }

  #behind(): Collection | undefined {
    for (const collection of this.#open.values()) if (collection.isBehind) return collection;
    return undefined;
  }

  #checkFree(name: string): void {
    if (this.#open.has(name)) throw exists(name, 'Choose another name, or drop it first.');
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
    if (readOnly) return;
    mkdirSync(this.#root, { recursive: true });
    syncDirectory(directory);
  }

  #removeLeftovers(): void {
    for (const name of readdirSync(this.#root))
      if (/^\.(new|old)-/.test(name)) rmSync(join(this.#root, name), { recursive: true, force: true });
  }

  /** Opens what is there and not open yet, and forgets what is gone: a writer may be at work beside a reader. */
  #refresh(): void {
    const names = new Set(existsSync(this.#root) ? readdirSync(this.#root).filter(isName) : []);
    for (const [name, collection] of this.#open)
      if (!names.has(name) || collection.isReplacedOnDisk) {
        this.#open.delete(name);
        collection.close();
      }
    for (const name of names) if (!this.#open.has(name)) this.#openCollection(name);
  }

  #openCollection(name: string): Collection {
    const collection = new Collection(name, join(this.#root, name), this.#options);
    this.#open.set(name, collection);
    return collection;
  }
}

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

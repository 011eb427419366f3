import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CollectionInfo, isName } from '../../engine/index.ts';
import type { SnapshelfError } from '../../errors.ts';
import { readError } from '../../files/index.ts';
import { checkCollectionFolder } from '../inspect/check-folder.ts';
import { preflight } from '../inspect/preflight.ts';
import { databaseName } from '../storage/collection-file.ts';
import { collectGarbage } from './collect-garbage.ts';
import { Collection } from './collection.ts';
import type { CollectionOptions } from './collection-maintenance.ts';
import { TroubledCollections } from './troubled-collections.ts';

/** A collection that was closed so that others can be open. */
interface Closed {
  readonly info: CollectionInfo;
  /** State of its file then. */
  readonly stamp: string;
}

/** Options of `OpenCollections`. */
export interface OpenCollectionsOptions extends CollectionOptions {
  /** Most collections that are open at a time, as far as they are idle. */
  readonly openCollections: number;
}

/** Collections that are closed between two collections of garbage, which release their files. */
const closedPerCollection = 8;
/** Collections beyond those that may be open, which wait for what they have to save. */
const mostSaving = 4;

/** The collections of a data folder: those that are open, and those that cannot be opened, with the reason. */
export class OpenCollections {
  readonly #root: string;
  readonly #options: OpenCollectionsOptions;
  readonly #open = new Map<string, Collection>();
  /** Those that were closed for others. */
  readonly #closed = new Map<string, Closed>();
  /** Those that were found when enough others were open. */
  readonly #unopened = new Set<string>();
  #released = 0;
  readonly #troubled: TroubledCollections;

  /** @param root the folder of the collections' folders */
  constructor(root: string, options: OpenCollectionsOptions) {
    this.#root = root;
    this.#options = options;
    this.#troubled = new TroubledCollections(options);
  }

  /** Number of collections, open or not. */
  get count(): number {
    return this.#open.size + this.#unopened.size + this.#closed.size + this.#troubled.count;
  }

  /** Describes the collections that can be used, by name. What a writer has closed is as it was then. */
  *infos(): Generator<void, CollectionInfo[]> {
    yield* this.openRest();
    const infos: CollectionInfo[] = [];
    for (const name of [...this.#open.keys(), ...this.#closed.keys()].sort()) {
      const isOpen = this.#open.has(name);
      const closed = this.#options.readOnly ? undefined : this.#closed.get(name);
      const info = closed?.info ?? this.get(name)?.info();
      if (info !== undefined) infos.push(info);
      if (closed === undefined && !isOpen) yield;
    }
    return infos;
  }

  /** Opens the collections that were found and not opened yet, so that the damaged ones are known too. */
  *openRest(): Generator<void, void> {
    while (this.#unopened.size > 0) {
      // One process inspects the files of several.
      const some = [...this.#unopened].slice(0, closedPerCollection);
      for (const name of some) this.#unopened.delete(name);
      this.#openAll(some);
      yield;
    }
  }

  /** Lists the damaged collections by name. */
  damaged(): { readonly name: string; readonly error: SnapshelfError }[] {
    return this.#troubled.damaged();
  }

  /** Iterates over the open collections, in no order. */
  values(): Iterable<Collection> {
    return this.#open.values();
  }

  /** Returns a collection, which is opened again if it was closed for others; undefined if there is none, or it does not open. */
  get(name: string): Collection | undefined {
    const collection = this.#open.get(name);
    if (collection !== undefined) {
      // The order of the map is that of their last use.
      this.#open.delete(name);
      this.#open.set(name, collection);
      return collection;
    }
    const closed = this.#closed.get(name);
    const isNew = this.#unopened.delete(name);
    if (closed === undefined && !isNew) return undefined;
    this.#closed.delete(name);
    // Its file was checked when it was first opened, and nobody else writes to it.
    if (!this.#options.readOnly && closed?.stamp === this.#stampOf(name))
      this.#openOrRemember(name, undefined, false);
    else this.#openAll([name]);
    return this.#open.get(name);
  }

  /** Returns the reason why a collection is not open; undefined if there is none. */
  problemOf(name: string): SnapshelfError | undefined {
    return this.#troubled.problemOf(name);
  }

  /** True if a collection does not open because its files are damaged. */
  isDamaged(name: string): boolean {
    return this.#troubled.isDamaged(name);
  }

  /** True if there is a collection of that name, open or not. */
  has(name: string): boolean {
    const isClosed = this.#closed.has(name) || this.#unopened.has(name);
    return this.#open.has(name) || isClosed || this.problemOf(name) !== undefined;
  }

  /** The reason of a collection that another process keeps from being opened; undefined if there is none. */
  get busyError(): SnapshelfError | undefined {
    return this.#troubled.busyError;
  }

  /** True if a collection that did not open is to be tried again. */
  get isDue(): boolean {
    return this.#troubled.isDue;
  }

  /**
   * Opens a collection.
   * @param isDoubtful true if its rows and their indexes have to be compared. Default false
   * @throws SnapshelfError `gallery-damaged`.
   */
  open(name: string, isDoubtful = false): Collection {
    const collection = new Collection(name, join(this.#root, name), this.#options, isDoubtful);
    this.#open.set(name, collection);
    this.#closeIdle();
    return collection;
  }

  /** Forgets a collection that is about to be removed. */
  forget(name: string): void {
    this.#open.get(name)?.abandon();
    this.#open.delete(name);
    this.#closed.delete(name);
    this.#unopened.delete(name);
    this.#troubled.forget(name);
  }

  /** Opens the collections that are in the folder and not open yet, and forgets those that are gone. */
  refresh(): void {
    const names = new Set(this.#namesOnDisk());
    for (const [name, collection] of this.#open)
      if (!names.has(name) || collection.isReplacedOnDisk) {
        this.#open.delete(name);
        collection.close();
      }
    for (const name of this.#closed.keys()) if (!names.has(name)) this.#closed.delete(name);
    for (const name of this.#unopened) if (!names.has(name)) this.#unopened.delete(name);
    this.#troubled.forgetDue((name) => (names.has(name) ? this.#stampOf(name) : undefined));
    const found = [...names].filter((name) => !this.has(name));
    const room = Math.max(0, this.#options.openCollections - this.#open.size);
    for (const name of found.slice(room)) this.#unopened.add(name);
    this.#openAll(found.slice(0, room));
  }

  /** Closes all collections. */
  close(): void {
    try {
      for (const collection of this.#open.values()) collection.close();
    } finally {
      this.#open.clear();
    }
  }

  /** Closes the collections that were not used for longest, but never the last one: each has four files open. */
  #closeIdle(): void {
    const names = [...this.#open.keys()].slice(0, -1);
    for (const name of names) {
      if (this.#open.size <= this.#options.openCollections) return;
      const collection = this.#open.get(name);
      if (collection?.isIdle !== true) continue;
      // Saving may take seconds: it is done beside requests, and then this one is closed for the next that is opened.
      if (!collection.saveToClose() && this.#open.size <= this.#options.openCollections + mostSaving)
        continue;
      const info = { ...collection.info(), memory: { vectors: 0, columns: 0, index: 0 } };
      this.#open.delete(name);
      collection.close();
      this.#closed.set(name, { info, stamp: this.#stampOf(name) });
      this.#released += 1;
      if (this.#released % closedPerCollection === 0) collectGarbage();
    }
  }

  #namesOnDisk(): string[] {
    try {
      return existsSync(this.#root) ? readdirSync(this.#root).filter(isName) : [];
    } catch (error) {
      throw readError(error, this.#root);
    }
  }

  /** Opens collections, after an inspection of their files that can be stopped. */
  #openAll(names: readonly string[]): void {
    const problems = new Map<string, unknown>();
    for (const name of names)
      try {
        checkCollectionFolder(join(this.#root, name));
      } catch (error) {
        problems.set(name, readError(error, join(this.#root, name)));
      }
    const fileOf = (name: string): string => join(this.#root, name, databaseName);
    const { errors, doubtful } = preflight(names.filter((name) => !problems.has(name)).map(fileOf));
    for (const name of names) {
      const problem = problems.get(name) ?? errors.get(fileOf(name));
      this.#openOrRemember(name, problem, doubtful.has(fileOf(name)));
    }
  }

  /** Opens a collection, or remembers why it is not opened. */
  #openOrRemember(name: string, problem: unknown, isDoubtful: boolean): void {
    const stamp = this.#stampOf(name);
    try {
      if (problem !== undefined) throw problem;
      this.open(name, isDoubtful);
    } catch (cause) {
      // The writer beside a reader has dropped it meanwhile.
      if (existsSync(join(this.#root, name))) this.#troubled.remember(name, stamp, cause);
    }
  }

  /** Returns a text that changes when somebody puts another file in the place of a damaged one. */
  #stampOf(name: string): string {
    try {
      const { ino, size, mtimeMs } = lstatSync(join(this.#root, name, databaseName));
      return `${ino} ${size} ${mtimeMs}`;
    } catch {
      return ''; // There is none.
    }
  }
}

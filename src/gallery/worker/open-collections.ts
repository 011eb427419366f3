import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, SnapshelfError } from '../../errors.ts';
import { readError } from '../../files/index.ts';
import { isName } from '../checks/validate.ts';
import { checkCollectionFolder } from '../inspect/check-folder.ts';
import { preflight } from '../inspect/preflight.ts';
import { databaseName } from '../storage/collection-file.ts';
import { Collection } from './collection.ts';
import type { CollectionOptions } from './collection-maintenance.ts';

/** A collection that does not open. */
interface Damaged {
  /** State of the file that did not open. */
  readonly stamp: string;
  /** Time of the next attempt, by `performance.now()`. */
  readonly until: number;
  readonly error: SnapshelfError;
}

/** A collection that another process keeps from being opened. */
interface Busy {
  /** Time of the next attempt, by `performance.now()`. */
  readonly until: number;
  readonly error: SnapshelfError;
}

/** Milliseconds after which a collection that did not open is tried again, where that may help. */
const retryDamagedMs = 10_000;
/** Errors that end when somebody makes room, or allows this user what it wants. */
const mayPassCodes: readonly ErrorCode[] = ['disk-full', 'not-writable', 'not-readable'];
/** Milliseconds after which a busy collection is tried again; trying blocks the thread for up to a second. */
const retryBusyMs = 2000;

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : 1;

/** The collections of a data folder: those that are open, and those that cannot be opened, with the reason. */
export class OpenCollections {
  readonly #root: string;
  readonly #options: CollectionOptions;
  readonly #open = new Map<string, Collection>();
  /** One damaged collection does not keep the others from being served. */
  readonly #damaged = new Map<string, Damaged>();
  readonly #busy = new Map<string, Busy>();

  /** @param root the folder of the collections' folders */
  constructor(root: string, options: CollectionOptions) {
    this.#root = root;
    this.#options = options;
  }

  /** Lists the open collections by name. */
  list(): Collection[] {
    return [...this.#open.values()].sort(byName);
  }

  /** Lists the damaged collections by name. */
  damaged(): { readonly name: string; readonly error: SnapshelfError }[] {
    return [...this.#damaged].map(([name, { error }]) => ({ name, error })).sort(byName);
  }

  /** Iterates over the open collections, in no order. */
  values(): Iterable<Collection> {
    return this.#open.values();
  }

  /** Returns an open collection; undefined if there is none of that name, or it is not open. */
  get(name: string): Collection | undefined {
    return this.#open.get(name);
  }

  /** Returns the reason why a collection is not open; undefined if there is none. */
  problemOf(name: string): SnapshelfError | undefined {
    return this.#damaged.get(name)?.error ?? this.#busy.get(name)?.error;
  }

  /** True if a collection does not open because its files are damaged. */
  isDamaged(name: string): boolean {
    return this.#damaged.has(name);
  }

  /** True if there is a collection of that name, open or not. */
  has(name: string): boolean {
    return this.#open.has(name) || this.problemOf(name) !== undefined;
  }

  /** The reason of a collection that another process keeps from being opened; undefined if there is none. */
  get busyError(): SnapshelfError | undefined {
    const [busy] = this.#busy.values();
    return busy?.error;
  }

  /** True if a collection that did not open is to be tried again. */
  get isDue(): boolean {
    const now = performance.now();
    return [...this.#damaged.values(), ...this.#busy.values()].some(({ until }) => now > until);
  }

  /**
   * Opens a collection.
   * @param isDoubtful true if its rows and their indexes have to be compared. Default false
   * @throws SnapshelfError `gallery-damaged`.
   */
  open(name: string, isDoubtful = false): Collection {
    const collection = new Collection(name, join(this.#root, name), this.#options, isDoubtful);
    this.#open.set(name, collection);
    return collection;
  }

  /** Forgets a collection that is about to be removed. */
  forget(name: string): void {
    this.#open.get(name)?.abandon();
    this.#open.delete(name);
    this.#damaged.delete(name);
  }

  /** Opens the collections that are in the folder and not open yet, and forgets those that are gone. */
  refresh(): void {
    const names = new Set(this.#namesOnDisk());
    for (const [name, collection] of this.#open)
      if (!names.has(name) || collection.isReplacedOnDisk) {
        this.#open.delete(name);
        collection.close();
      }
    const now = performance.now();
    for (const [name, { stamp, until }] of this.#damaged)
      if (!names.has(name) || stamp !== this.#stampOf(name) || now > until) this.#damaged.delete(name);
    for (const [name, { until }] of this.#busy) if (!names.has(name) || now > until) this.#busy.delete(name);
    this.#openAll([...names].filter((name) => !this.has(name)));
  }

  /** Closes all collections. */
  close(): void {
    try {
      for (const collection of this.#open.values()) collection.close();
    } finally {
      this.#open.clear();
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
      if (existsSync(join(this.#root, name))) this.#remember(name, stamp, cause);
    }
  }

  #remember(name: string, stamp: string, cause: unknown): void {
    const now = performance.now();
    if (cause instanceof SnapshelfError && cause.code === 'gallery-locked') {
      this.#busy.set(name, { until: now + retryBusyMs, error: cause });
      return;
    }
    const error = damageOf(name, cause);
    // The writer beside a reader may have been changing the file just then; a full disk may have room again.
    const mayPass = this.#options.readOnly || mayPassCodes.includes(error.code);
    const until = mayPass ? now + retryDamagedMs : Number.POSITIVE_INFINITY;
    this.#damaged.set(name, { stamp, until, error });
    this.#options.log.error(`the collection ${name} cannot be served: ${error.message}`);
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

/** Returns why a collection does not open. An error that nobody foresaw is damage too, and keeps its own as the cause. */
const damageOf = (name: string, cause: unknown): SnapshelfError =>
  cause instanceof SnapshelfError
    ? cause
    : new SnapshelfError('gallery-damaged', `The collection ${name} does not open (${String(cause)}).`, {
        cause,
      });

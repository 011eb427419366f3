import { accessSync, constants, lstatSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import type { SnapshelfError } from '../errors.ts';
import { fileError } from './failures.ts';
import { readSyncAt, withFileSync } from './read.ts';
import { sqliteCodeOf, sqliteCodes } from './sqlite-code.ts';

/** The process that holds a lock, as it said itself; its number means something on its own machine or container only. */
export interface LockHolder {
  readonly pid: number;
  readonly host?: string | undefined;
}

/** The words of a lock. */
export interface FolderLockOptions {
  /** Base name of the lock's files: `NAME.sqlite`, the lock, and `NAME.json`, which says who holds it. */
  readonly name: string;
  /** The error for a folder that another process holds; `holder` is undefined if it is not known. */
  readonly busy: (holder: LockHolder | undefined) => SnapshelfError;
  /** The error for a lock file that is not the empty file that Snapshelf makes. */
  readonly foreign: (file: string) => SnapshelfError;
}

/** The locks that are held: one that the garbage collector took would close its database and so let the folder go. */
const held = new Set<FolderLock>();

/** Of two that begin at once, both would be refused without patience: each sees the first step of the other. */
const patienceMs = 500;

/**
 * The right to write to a folder, for one process at a time: an exclusive transaction on an empty SQLite file. The
 * operating system ends it with the process, however that dies, so it is never stale, also where every process has the
 * number 1, and two processes never hold it together.
 */
export class FolderLock {
  readonly #database: DatabaseSyncInstance;
  readonly #note: string;

  /**
   * Takes the lock.
   * @throws SnapshelfError `options.busy` if another process holds it, `options.foreign`; `disk-full`, `not-writable`.
   */
  constructor(folder: string, { name, busy, foreign }: FolderLockOptions) {
    this.#note = join(folder, `${name}.json`);
    const file = join(folder, `${name}.sqlite`);
    // A file of somebody else could have a journal, which SQLite would act on, or be a pipe, which it would wait for.
    if (!isEmptyOrMissing(file)) throw foreign(file);
    const database = openDatabase(folder, file);
    try {
      database.exec('BEGIN EXCLUSIVE');
      writeFileSync(
        this.#note,
        JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() }),
      );
    } catch (error) {
      database.close();
      throw sqliteCodeOf(error) === sqliteCodes.busy ? busy(readHolder(this.#note)) : fileError(error, file);
    }
    this.#database = database;
    held.add(this);
  }

  /** Lets the folder go. Does nothing the second time. */
  release(): void {
    if (!this.#database.isOpen) return;
    try {
      rmSync(this.#note, { force: true });
    } finally {
      this.#database.close();
      held.delete(this);
    }
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

function openDatabase(folder: string, file: string): DatabaseSyncInstance {
  try {
    // SQLite would only say that it cannot open the file.
    accessSync(folder, constants.W_OK);
    return new DatabaseSync(file, { timeout: patienceMs });
  } catch (error) {
    throw fileError(error, file);
  }
}

function isEmptyOrMissing(file: string): boolean {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return stats === undefined || (stats.isFile() && stats.size === 0);
}

const largestNote = 1024;

/** The process that the note names; undefined if it is just being written, or is none of ours. */
function readHolder(note: string): LockHolder | undefined {
  try {
    const text = withFileSync(note, largestNote, (file, size) => readSyncAt(file, 0, size).toString());
    const { pid, host } = JSON.parse(text) as { readonly pid?: unknown; readonly host?: unknown };
    if (typeof pid !== 'number') return undefined;
    return { pid, host: typeof host === 'string' ? host : undefined };
  } catch {
    return undefined;
  }
}

import { lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import { Database } from '../storage/database.ts';

/**
 * The right to write to a data folder: an exclusive transaction on `lock.sqlite`, which the operating system ends with
 * the process however that dies. `lock.json` only says who holds it.
 */
export class FolderLock {
  readonly #database: Database;
  readonly #note: string;

  /** Throws `gallery-locked`, naming the process that holds the folder. */
  constructor(directory: string) {
    this.#note = join(directory, 'lock.json');
    const file = join(directory, 'lock.sqlite');
    checkIsEmpty(file);
    this.#database = new Database(file, { timeout: 0 });
    try {
      this.#database.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      this.#database.close();
      throw isLocked(error) ? this.#locked(directory) : error;
    }
    writeFileSync(this.#note, JSON.stringify({ pid: process.pid, since: new Date().toISOString() }));
  }

  release(): void {
    rmSync(this.#note, { force: true });
    this.#database.close();
  }

  #locked(directory: string): SnapshelfError {
    const pid = this.#holder();
    const who = pid === undefined ? 'another process' : `process ${pid}`;
    return new SnapshelfError(
      'gallery-locked',
      `The data folder ${directory} is in use by ${who}: stop it, or talk to it over HTTP if it is a server.`,
      { details: pid === undefined ? { directory } : { directory, pid } },
    );
  }

  #holder(): number | undefined {
    try {
      const { pid } = JSON.parse(readFileSync(this.#note, 'utf8')) as { pid?: unknown };
      return typeof pid === 'number' ? pid : undefined;
    } catch {
      // The holder is just writing the note: who it is stays unknown.
      return undefined;
    }
  }
}

/** Only its lock is used, so it stays empty: another's file could have a journal, which SQLite would act on, or be a pipe. */
function checkIsEmpty(file: string): void {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats === undefined || (stats.isFile() && stats.size === 0)) return;
  throw new SnapshelfError(
    'gallery-damaged',
    `${file} is not the empty file that Snapshelf made: remove it.`,
  );
}

const isLocked = (error: unknown): boolean =>
  error instanceof SnapshelfError && error.code === 'gallery-locked';

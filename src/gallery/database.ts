import {
  constants,
  DatabaseSync,
  type DatabaseSyncInstance,
  type StatementSyncInstance,
} from '@photostructure/sqlite';
import { SnapshelfError } from '../errors.ts';

/** What SQLite stores in a column. */
export type SqlValue = null | number | string | Uint8Array;
export type Row = Readonly<Record<string, SqlValue>>;

interface SqliteError extends Error {
  readonly errcode: number;
}

const isSqliteError = (error: unknown): error is SqliteError =>
  error instanceof Error && typeof (error as Partial<SqliteError>).errcode === 'number';

// Primary result codes of https://sqlite.org/rescode.html
const [busy, readOnly, ioError, corrupt, full, cannotOpen, notADatabase] = [5, 8, 10, 11, 13, 14, 26];

/** The error to give the caller for what SQLite threw about `file`; other errors pass as they are. */
export function translateSqliteError(error: unknown, file: string): unknown {
  // A whole number that JavaScript cannot hold: nothing that this program writes has one.
  if (error instanceof RangeError && 'code' in error && error.code === 'ERR_OUT_OF_RANGE')
    return damaged(file, error.message, error);
  if (!isSqliteError(error)) return error;
  const primary = error.errcode & 0xff;
  if (primary === corrupt || primary === notADatabase) return damaged(file, error.message, error);
  if (primary === full)
    return new SnapshelfError('disk-full', `There is no space left for ${file}; free some and try again.`, {
      cause: error,
    });
  if (primary === busy)
    return new SnapshelfError('gallery-locked', `Another process holds ${file}; stop it and try again.`, {
      cause: error,
    });
  if (primary === ioError || primary === cannotOpen || primary === readOnly)
    return new SnapshelfError(
      'gallery-damaged',
      `The database ${file} cannot be used: ${error.message}. Check the disk, and the permissions of its folder.`,
      { cause: error, details: { file } },
    );
  return error;
}

/** The `gallery-damaged` error about a file, with the way out. */
export function damaged(file: string, what: string, cause?: unknown): SnapshelfError {
  return new SnapshelfError(
    'gallery-damaged',
    `The database ${file} cannot be read: ${what}. Move its folder away, then restore the collection from a snapshot (snapshelf restore) or index the pictures again.`,
    { cause, details: { file } },
  );
}

/** Answers whether a statement may do something: https://sqlite.org/c3ref/set_authorizer.html. */
export type Authorizer = (action: number, first: string | null, second: string | null) => boolean;

export interface DatabaseOptions {
  readonly readOnly?: boolean;
  /** How long to wait for another connection's lock, milliseconds. Default 5,000. */
  readonly timeout?: number;
  /** Asked before every statement; what it denies fails. Default: everything is allowed. */
  readonly authorizer?: Authorizer;
  /** Bytes of the largest text or blob that is read. Default: SQLite's own limit, 1 GB. */
  readonly maxValueBytes?: number;
}

/**
 * A connection to one SQLite file. Statements are prepared once and kept; errors arrive as `SnapshelfError`
 * (`gallery-damaged`, `disk-full`, `gallery-locked`).
 */
export class Database {
  readonly file: string;
  readonly #connection: DatabaseSyncInstance;
  #closed = false;
  readonly #statements = new Map<string, StatementSyncInstance>();

  constructor(file: string, options: DatabaseOptions = {}) {
    const { readOnly = false, timeout = 5000, authorizer, maxValueBytes } = options;
    const limits = maxValueBytes === undefined ? {} : { limits: { length: maxValueBytes } };
    this.file = file;
    // Defensive: no statement may write the file's inner structure, whatever the file's own schema holds.
    this.#connection = this.#guard(
      () => new DatabaseSync(file, { readOnly, timeout, defensive: true, ...limits }),
    );
    if (authorizer !== undefined)
      this.#connection.setAuthorizer((action, first, second) =>
        authorizer(action, first, second) ? constants.SQLITE_OK : constants.SQLITE_DENY,
      );
  }

  /** Runs SQL that is written in the source; nothing of a user's ever becomes part of it. */
  exec(sql: string): void {
    this.#guard(() => this.#connection.exec(sql));
  }

  run(sql: string, ...values: readonly SqlValue[]): number {
    return this.#guard(() => this.#statement(sql).run(...values).changes);
  }

  get<T = Row>(sql: string, ...values: readonly SqlValue[]): T | undefined {
    return this.#guard(() => this.#statement(sql).get(...values) as T | undefined);
  }

  all<T = Row>(sql: string, ...values: readonly SqlValue[]): T[] {
    return this.#guard(() => this.#statement(sql).all(...values) as T[]);
  }

  /** Runs the function in one write transaction: all of it is durable afterwards, or none. */
  transaction<T>(work: () => T): T {
    this.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself where the disk was full.
      if (this.#connection.isTransaction) this.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    if (this.#connection.isOpen) this.#connection.close();
  }

  #statement(sql: string): StatementSyncInstance {
    const statement = this.#statements.get(sql) ?? this.#connection.prepare(sql);
    // Filters make endless texts: the one that was not used for longest goes.
    this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    const [oldest] = this.#statements.keys();
    if (this.#statements.size > 100 && oldest !== undefined) this.#statements.delete(oldest);
    return statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (this.#closed)
        throw new SnapshelfError('collection-not-found', 'The collection was dropped meanwhile.', {
          cause: error,
        });
      throw translateSqliteError(error, this.file);
    }
  }
}

/** The version of SQLite that galleries are kept with. */
export function sqliteVersion(): string {
  const database = new DatabaseSync(':memory:');
  const row = database.prepare('SELECT sqlite_version() AS version').get();
  database.close();
  return `SQLite ${(row as { version: string }).version}`;
}

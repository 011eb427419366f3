import { dirname } from 'node:path';
import {
  constants,
  DatabaseSync,
  type DatabaseSyncInstance,
  type StatementSyncInstance,
} from '@photostructure/sqlite';
import { SnapshelfError } from '../../errors.ts';
import { isWritable } from '../../files/index.ts';
import { translateSqliteError } from './sqlite-errors.ts';
import { stampOf, unchanging } from './unchanging-file.ts';

/** A value that SQLite stores in a column. */
export type SqlValue = null | number | string | Uint8Array;
/** A row, by column. */
export type Row = Readonly<Record<string, SqlValue>>;

/** Answers whether a statement may do something: https://sqlite.org/c3ref/set_authorizer.html. */
export type Authorizer = (action: number, first: string | null, second: string | null) => boolean;

/** Options of `Database`. */
export interface DatabaseOptions {
  readonly readOnly?: boolean;
  /** Milliseconds to wait for another connection's lock. Default 5,000. */
  readonly timeout?: number;
  /** Asked before every statement; what it denies fails. Default: everything is allowed. */
  readonly authorizer?: Authorizer;
  /** Bytes of the largest text or blob that is read. Default: SQLite's own limit, 1 GB. */
  readonly maxValueBytes?: number;
}

/** A statement of `Database.query`. */
export interface Query<T> {
  all(values: readonly SqlValue[]): T[];
  /** The rows as lists of their values, which takes half the time of objects. */
  lists(values: readonly SqlValue[]): SqlValue[][];
  /** Gives the rows to `visit` one after the other, until it returns false. Nothing else may use the query meanwhile. */
  each(values: readonly SqlValue[], visit: (row: T) => boolean): void;
}

const heavyBytes = 16 * 1024;

const sizeOf = (value: SqlValue): number =>
  typeof value === 'string' || value instanceof Uint8Array ? value.length : 8;

/** A statement keeps what was bound to it until it is used again: megabytes of pictures or ids are taken from it. */
function letGo(statement: StatementSyncInstance, values: readonly SqlValue[]): void {
  const bytes = values.reduce<number>((sum, value) => sum + sizeOf(value), 0);
  // Binds without running: the iterator that this makes is never asked for a row.
  if (bytes > heavyBytes) statement.iterate(...values.map(() => null));
}

/**
 * A connection to one SQLite file. Statements are prepared once and kept, but for those of `query`; errors arrive as `SnapshelfError`
 * (`gallery-damaged`, `disk-full`, `gallery-locked`).
 */
export class Database {
  readonly file: string;
  readonly #connection: DatabaseSyncInstance;
  readonly #readOnly: boolean;
  /** State of a file that was opened as one that nobody changes; undefined for others. */
  readonly #stamp: string | undefined;
  #closed = false;
  readonly #statements = new Map<string, StatementSyncInstance>();

  constructor(file: string, options: DatabaseOptions = {}) {
    const { readOnly = false, timeout = 5000, authorizer, maxValueBytes } = options;
    const limits = maxValueBytes === undefined ? {} : { limits: { length: maxValueBytes } };
    this.file = file;
    this.#readOnly = readOnly;
    this.#stamp = readOnly && !isWritable(dirname(file)) ? stampOf(file) : undefined;
    const location = this.#stamp === undefined ? file : unchanging(file);
    // Defensive: no statement may write the file's inner structure, whatever the file's own schema holds.
    this.#connection = this.#guard(
      () => new DatabaseSync(location, { readOnly, timeout, defensive: true, ...limits }),
    );
    if (authorizer !== undefined)
      this.#connection.setAuthorizer((action, first, second) =>
        authorizer(action, first, second) ? constants.SQLITE_OK : constants.SQLITE_DENY,
      );
  }

  /** True if the file was opened as one that nobody changes, and has been changed since. */
  get isOutdated(): boolean {
    return this.#stamp !== undefined && this.#stamp !== stampOf(this.file);
  }

  /** Runs SQL that is written in the source; nothing of a user's ever becomes part of it. */
  exec(sql: string): void {
    this.#guard(() => this.#connection.exec(sql));
  }

  run(sql: string, ...values: readonly SqlValue[]): number {
    return this.#with(sql, values, (statement) => statement.run(...values).changes);
  }

  get<T = Row>(sql: string, ...values: readonly SqlValue[]): T | undefined {
    return this.#with(sql, values, (statement) => statement.get(...values) as T | undefined);
  }

  all<T = Row>(sql: string, ...values: readonly SqlValue[]): T[] {
    return this.#with(sql, values, (statement) => statement.all(...values) as T[]);
  }

  /** A statement that is not kept: for a text that is made for one request, such as a filter's. */
  query<T = Row>(sql: string): Query<T> {
    const statement = this.#guard(() => this.#connection.prepare(sql));
    return {
      all: (values) => this.#use(statement, values, () => statement.all(...values) as T[]),
      lists: (values) =>
        this.#use(statement, values, () => {
          statement.setReturnArrays(true);
          return statement.all(...values) as SqlValue[][];
        }),
      each: (values, visit) =>
        this.#use(statement, values, () => {
          for (const row of statement.iterate(...values)) if (!visit(row as T)) return;
        }),
    };
  }

  /** Runs the function over one state of the file, whatever another connection writes meanwhile. */
  snapshot<T>(work: () => T): T {
    this.exec('BEGIN');
    try {
      return work();
    } finally {
      if (this.#connection.isTransaction) this.exec('COMMIT');
    }
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
    this.#statements.clear();
    if (this.#connection.isOpen) this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #with<T>(sql: string, values: readonly SqlValue[], work: (statement: StatementSyncInstance) => T): T {
    const statement = this.#guard(() => this.#statement(sql));
    return this.#use(statement, values, () => work(statement));
  }

  #use<T>(statement: StatementSyncInstance, values: readonly SqlValue[], work: () => T): T {
    return this.#guard(() => {
      try {
        return work();
      } finally {
        letGo(statement, values);
      }
    });
  }

  #statement(sql: string): StatementSyncInstance {
    const statement = this.#statements.get(sql) ?? this.#connection.prepare(sql);
    // Each generation of vectors has a table, and so texts, of its own: the one that was not used for longest goes.
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
      throw translateSqliteError(error, this.file, this.#readOnly);
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

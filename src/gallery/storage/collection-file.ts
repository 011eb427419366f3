import { existsSync, lstatSync } from 'node:fs';
import { SnapshelfError } from '../../errors.ts';
import { accessProblem } from '../../files/index.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { migrate, seeAsCurrent } from './migrate.ts';
import type { Settings } from './settings.ts';
import { damaged } from './sqlite-errors.ts';
import { createStatements, formatVersion, type SchemaRow, schemaProblem } from './tables.ts';
import { createVectorTable } from './vector-table.ts';

/** The name of a collection's database inside its folder. */
export const databaseName = 'catalogue.sqlite';
/** "SnSh": tells a gallery's databases from foreign ones. */
const applicationId = 0x536e5368;
/** More tables than any collection has. */
const maxSchemaRows = 64;

/** Makes the file of an empty collection. `settings` is kept as JSON beside the counters. */
export function createCollectionFile(file: string, settings: Settings): void {
  using database = new Database(file);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${formatVersion};`);
  database.transaction(() => {
    for (const statement of createStatements()) database.exec(statement);
    createVectorTable(database, settings.space.generation);
    database.run('INSERT INTO state VALUES (1, ?, 0, 0, 0)', JSON.stringify(settings));
  });
}

/**
 * Opens a collection's file, which was inspected before. A file of an earlier format is migrated; one that is only read is
 * seen through views.
 * @throws SnapshelfError `gallery-damaged`, `gallery-locked`, `disk-full`.
 */
export function openCollectionFile(file: string, options: { readonly readOnly?: boolean } = {}): Database {
  if (options.readOnly === true) return openChecked(file);
  return open(file, {}, (database) => {
    const version = checkTables(database);
    // A copy that somebody made may have another kind of journal, which is refused at the next start.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    if (version < formatVersion) migrate(database, version, () => void checkTables(database));
  });
}

/**
 * Opens a file for reading, and compares its tables, text for text, with those that this program makes or made: until
 * then nothing of it but its schema is read. A file of an earlier format is seen as one of today's.
 * @throws SnapshelfError `gallery-damaged`, `gallery-locked`.
 */
export const openChecked = (file: string, options: Omit<DatabaseOptions, 'readOnly'> = {}): Database =>
  open(file, { ...options, readOnly: true }, (database) =>
    database.snapshot(() => seeAsCurrent(database, checkTables(database))),
  );

function open(file: string, options: DatabaseOptions, prepare: (database: Database) => void): Database {
  checkIsFile(file);
  const database = new Database(file, options);
  try {
    // A view or a trigger must not run what the program would not: https://sqlite.org/security.html
    database.exec('PRAGMA trusted_schema = OFF');
    prepare(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * A link could lead out of the data folder, and a pipe would never be read to its end. A rollback journal, which no
 * file in WAL mode has, can name another file anywhere ("super-journal") that SQLite then removes.
 */
function checkIsFile(file: string): void {
  if (!existsSync(file)) throw accessProblem(file, 'read') ?? damaged(file, 'the file is missing');
  if (!lstatSync(file).isFile()) throw damaged(file, 'it is a link or no regular file');
  if (existsSync(`${file}-journal`)) throw damaged(file, 'it has a journal that Snapshelf never writes');
}

/** Compares a file's tables with the texts of the format that it says it has, which is returned. */
function checkTables(database: Database): number {
  const version = checkIdentity(database);
  const rows = database.all<SchemaRow>(
    'SELECT type, name, tbl_name, sql FROM sqlite_schema LIMIT ?',
    maxSchemaRows + 1,
  );
  const problem = rows.length > maxSchemaRows ? 'it has too many tables' : schemaProblem(rows, version);
  if (problem !== undefined) throw damaged(database.file, problem);
  return version;
}

function checkIdentity(database: Database): number {
  const id = database.get<{ application_id: number }>('PRAGMA application_id')?.application_id;
  if (id !== applicationId) throw damaged(database.file, 'it is not a database of Snapshelf');
  const version = database.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
  if (version > formatVersion)
    throw new SnapshelfError(
      'gallery-damaged',
      `${database.file} was written by a newer Snapshelf (format ${version}, this one reads up to ${formatVersion}): update Snapshelf.`,
      { details: { file: database.file, version } },
    );
  if (version < 1) throw damaged(database.file, `it has the unknown format ${version}`);
  return version;
}

/** Has SQLite read the file through. @throws SnapshelfError `gallery-damaged` if its pages contradict one another. */
export function checkPages(database: Database): void {
  const verdict = database.get<{ quick_check: string }>('PRAGMA quick_check(1)')?.quick_check;
  if (verdict !== 'ok') throw damaged(database.file, verdict ?? 'the check of its pages gave no answer');
}

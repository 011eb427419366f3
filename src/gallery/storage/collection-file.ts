import { existsSync, lstatSync } from 'node:fs';
import { SnapshelfError } from '../../errors.ts';
import { accessProblem, largestFileBytes } from '../../files/index.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { seeAsCurrent } from './earlier-format.ts';
import type { Settings } from './settings.ts';
import { damaged } from './sqlite-errors.ts';
import { insertState } from './state.ts';
import { createStatements, formatVersion, type SchemaRow, schemaProblem } from './tables.ts';
import { createVectorTable } from './vector-table.ts';

/** The name of a collection's database inside its folder. */
export const databaseName = 'catalogue.sqlite';
/** "SnSh": tells a gallery's databases from foreign ones. */
const applicationId = 0x536e5368;
/** More tables than any collection has. */
const maxSchemaRows = 64;

/** The journal of a file that is served, each change of which is durable. */
const durable = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL';

/**
 * Makes the file of an empty collection. `settings` is kept as JSON beside the counters.
 * @param journal Default: that of a file that is served
 */
export function createCollectionFile(file: string, settings: Settings, journal: string = durable): void {
  using database = new Database(file);
  database.exec(`${journal};
    PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${formatVersion};`);
  database.transaction(() => {
    for (const statement of createStatements()) database.exec(statement);
    createVectorTable(database, settings.space.generation);
    insertState(database, settings);
  });
}

/**
 * Opens a collection's file, which was inspected before. One of an earlier format is only read, through views: to be
 * written to, it is first brought to today's (`migrateCollection`).
 * @throws SnapshelfError `gallery-damaged`, `gallery-locked`.
 */
export function openCollectionFile(file: string, options: { readonly readOnly?: boolean } = {}): Database {
  if (options.readOnly === true) return openChecked(file);
  return open(file, {}, (database) => {
    const version = checkTables(database);
    if (version < formatVersion) throw damaged(file, `it has the earlier format ${version}`);
    // A copy that somebody made, a restored or a migrated file has another kind of journal. One on the disk would be left
    // by a kill just now, and refused at the next start; in memory it is enough for one page, which is written at once.
    if (database.get<{ journal_mode: string }>('PRAGMA journal_mode')?.journal_mode !== 'wal')
      database.exec('PRAGMA journal_mode = MEMORY');
    // What is deleted is overwritten, and sorting needs no disk that may be full.
    database.exec(`${durable}; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY`);
    keepWithin(database, largestFileBytes());
  });
}

/**
 * Has SQLite refuse what would make the file larger than files may be (`ulimit -f`): a log that could not be written back for that
 * could not be emptied, and so nothing deleted.
 */
function keepWithin(database: Database, largest: number | undefined): void {
  if (largest === undefined) return;
  const page = database.get<{ page_size: number }>('PRAGMA page_size')?.page_size ?? 4096;
  const pages = Math.floor(largest / page);
  // The log is a file too.
  const pagesOfLog = Math.max(1, Math.min(1000, Math.floor(pages / 4)));
  database.exec(`PRAGMA max_page_count = ${Math.max(pages, 1)}; PRAGMA wal_autocheckpoint = ${pagesOfLog}`);
}

/** Returns the format of a file, whose tables are those of that format. @throws SnapshelfError `gallery-damaged`. */
export function formatOf(file: string): number {
  let version = 0;
  open(file, { readOnly: true }, (database) => {
    version = database.snapshot(() => checkTables(database));
  }).close();
  return version;
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

const noAnswer = 'the check of its pages gave no answer';

/** Has SQLite read the file through. @throws SnapshelfError `gallery-damaged` if its pages contradict one another. */
export function checkPages(database: Database): void {
  const verdict = database.get<{ integrity_check: string }>('PRAGMA integrity_check(1)')?.integrity_check;
  if (verdict !== 'ok') throw damaged(database.file, verdict ?? noAnswer);
}

/** The lines that SQLite says of single rows: of values, and of indexes that know others. Those of pages come before. */
const ofRows =
  /^(?:row \d+ missing from index|row \d+ values differ from index|non-unique entry in index|(?:NULL|NUMERIC|TEXT|non-\w+) value in) /;

/**
 * Has SQLite read the file through, or if it is large its items, and compare them with their indexes. Returns false if only rows, or
 * indexes of them, are damaged: rows have checksums, and indexes can be made anew.
 * @throws SnapshelfError `gallery-damaged` if its pages contradict one another, or it is of an earlier format, which has no checksums.
 */
export function checkRows(database: Database, isLarge: boolean): boolean {
  const pragma = isLarge ? "PRAGMA main.integrity_check('items')" : 'PRAGMA integrity_check';
  const lines = database.all<{ integrity_check: string }>(pragma).map((row) => row.integrity_check);
  const [first] = lines;
  if (first === 'ok') return true;
  const isOld = database.get<{ user_version: number }>('PRAGMA user_version')?.user_version !== formatVersion;
  if (first !== undefined && !isOld && lines.every((line) => ofRows.test(line))) return false;
  throw damaged(database.file, first ?? noAnswer);
}

import { constants } from '@photostructure/sqlite';
import type { Authorizer, Database } from '../database.ts';
import { itemColumns } from '../item-row.ts';
import { checkPages, openChecked } from '../schema.ts';
import { generationOf } from '../tables.ts';

/** Larger than any picture that is taken in. */
const maxValueBytes = 128 * 1024 * 1024;
/** What SQLite may take in all, also for the copy that is made in the same process. */
const maxHeapBytes = 512 * 1024 * 1024;

const pictures = ['label', 'bytes'];
const columns: Readonly<Record<string, readonly string[]>> = {
  sqlite_master: ['type', 'name', 'tbl_name', 'sql'],
  state: ['settings', 'sequence', 'items', 'products'],
  items: itemColumns.split(', '),
  images: pictures,
  thumbnails: pictures,
};
const pragmas = ['trusted_schema', 'application_id', 'user_version', 'quick_check'];

/** The columns of a table that are read; SQLite names no column where it only counts rows. */
function isReadable(table: string, column: string): boolean {
  const known = generationOf(table) === undefined ? columns[table] : ['label', 'vector'];
  return known !== undefined && (column === '' || known.includes(column));
}

/** Plain SELECTs of the columns that are copied, `count`, and the checks: no recursion, no view, no other function. */
const onlyReading: Authorizer = (action, first, second) => {
  switch (action) {
    case constants.SQLITE_SELECT:
      return true;
    case constants.SQLITE_READ:
      return isReadable(first ?? '', second ?? '');
    case constants.SQLITE_FUNCTION:
      return second === 'count';
    case constants.SQLITE_PRAGMA:
      return pragmas.includes(first ?? '');
    default:
      return false;
  }
};

/**
 * Opens a database that may be anybody's, to be copied row by row: only reading, only the known tables and columns,
 * after its tables were compared with those that this program makes. For a process of its own that can be killed: the
 * limit of memory holds for the whole process, and no statement can be interrupted. Throws `gallery-damaged`.
 */
export function openForeign(file: string): Database {
  const database = openChecked(file, { readOnly: true, authorizer: onlyReading, maxValueBytes });
  try {
    checkPages(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Bounds what SQLite may take in this process, for good. */
export const limitHeap = (database: Database): void =>
  database.exec(`PRAGMA hard_heap_limit = ${maxHeapBytes}`);

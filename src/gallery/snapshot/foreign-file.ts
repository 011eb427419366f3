import { constants } from '@photostructure/sqlite';
import { checkPages, openChecked } from '../storage/collection-file.ts';
import type { Authorizer, Database } from '../storage/database.ts';
import { itemColumns } from '../storage/item-row.ts';
import { columnNamesOf } from '../storage/old-tables.ts';
import { formatVersion, generationOf } from '../storage/tables.ts';

/** Larger than any picture that is taken in. */
const maxValueBytes = 128 * 1024 * 1024;
/** Bytes that SQLite may take in all, also for the copy that is made in the same process. */
const maxHeapBytes = 512 * 1024 * 1024;

const everyVersion = Array.from({ length: formatVersion }, (_, i) => columnNamesOf(i + 1));
const sequences = everyVersion.map(({ sequence }) => sequence);
const labels = everyVersion.map(({ label }) => label);
const pictures = [...sequences, 'part', 'checksum', 'bytes'];
/** By table, the columns that are copied, by their names in any format. */
const columns: Readonly<Record<string, readonly string[]>> = {
  sqlite_master: ['type', 'name', 'tbl_name', 'sql'],
  sqlite_temp_master: ['ROWID'],
  state: ['settings', 'sequence', 'items', 'products', 'checksum'],
  items: [...itemColumns.split(', '), ...sequences, ...labels],
  fields: ['name', 'type', 'checksum'],
  documents: ['name', 'checksum', 'content'],
  images: pictures,
  thumbnails: pictures,
};
const pragmas = ['trusted_schema', 'application_id', 'user_version', 'integrity_check', 'temp_store'];

/** True if a column of a table is read; SQLite names no column where it only counts rows. */
function isReadable(table: string, column: string): boolean {
  const known = generationOf(table) === undefined ? columns[table] : [...sequences, 'checksum', 'vector'];
  return known !== undefined && (column === '' || known.includes(column));
}

/** Plain SELECTs of the columns that are copied, `count`, and the checks: no recursion, no view, no other function. */
const onlyReading: Authorizer = (action, first, second) => {
  switch (action) {
    case constants.SQLITE_SELECT:
    case constants.SQLITE_TRANSACTION:
      return true;
    case constants.SQLITE_READ:
      return isReadable(first ?? '', second ?? '');
    case constants.SQLITE_FUNCTION:
      return second === 'count';
    // The views that show a file of an earlier format as one of today's; nothing of the file itself is written.
    case constants.SQLITE_CREATE_TEMP_VIEW:
      return true;
    case constants.SQLITE_INSERT:
    case constants.SQLITE_UPDATE:
      return first === 'sqlite_temp_master';
    case constants.SQLITE_PRAGMA:
      return pragmas.includes(first ?? '');
    default:
      return false;
  }
};

/**
 * Opens a database that may be anybody's, to be copied row by row: only reading, only the known tables and columns,
 * after its tables were compared with those that this program makes. For a process of its own that can be killed: the
 * limit of memory holds for the whole process, and no statement can be interrupted.
 * @throws SnapshelfError `gallery-damaged`.
 */
export function openForeign(file: string): Database {
  const database = openChecked(file, { authorizer: onlyReading, maxValueBytes });
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

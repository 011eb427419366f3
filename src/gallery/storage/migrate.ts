import type { Database } from './database.ts';
import { inferFields } from './fields.ts';
import { itemColumns } from './item-row.ts';
import {
  columnNamesOf,
  createStatements,
  fieldsSince,
  formatVersion,
  sentHashColumn,
  sentHashSince,
  vectorTableName,
} from './tables.ts';
import { vectorGenerations } from './vector-table.ts';

const pictureTables = ['images', 'thumbnails'];
/** Of files that are seen through views, SQLite's number of their tables' state when the views were made. */
const viewed = new WeakMap<Database, number>();

const schemaVersionOf = (database: Database): number =>
  database.get<{ schema_version: number }>('PRAGMA schema_version')?.schema_version ?? 0;

const vectorTableNames = (database: Database): string[] => vectorGenerations(database).map(vectorTableName);

/**
 * Brings a file of an earlier format, whose tables were checked, to today's in one transaction: a process that is killed
 * leaves either format whole. `check` is run before the transaction ends, and what it throws undoes everything.
 */
export function migrate(database: Database, from: number, check: () => void): void {
  database.transaction(() => {
    renameColumns(database, from);
    if (from < fieldsSince) {
      database.exec(createStatements().at(-1) ?? '');
      inferFields(database);
    }
    // SQLite writes the text of the table so that it is the one of `createStatements`.
    if (from < sentHashSince) database.exec(`ALTER TABLE items ADD COLUMN ${sentHashColumn}`);
    database.exec(`PRAGMA user_version = ${formatVersion}`);
    check();
  });
}

function renameColumns(database: Database, from: number): void {
  const old = columnNamesOf(from);
  const now = columnNamesOf(formatVersion);
  if (old.sequence === now.sequence) return;
  // In this order: the old name of one column is the new name of the other.
  for (const table of ['items', ...pictureTables, ...vectorTableNames(database)])
    database.exec(`ALTER TABLE ${table} RENAME COLUMN ${old.sequence} TO ${now.sequence}`);
  database.exec(`ALTER TABLE items RENAME COLUMN ${old.label} TO ${now.label}`);
}

/**
 * Lets a file of an earlier format be read as one of today's without changing it: views of the connection's own stand
 * before the tables and give their columns the names of today. Belongs into the transaction that read the version.
 */
export function seeAsCurrent(database: Database, version: number): void {
  if (version === formatVersion) return;
  const { sequence, label } = columnNamesOf(version);
  const items = itemColumns
    .replace('sequence', `${sequence} AS sequence`)
    .replace(' label', ` ${label} AS label`)
    .replace('sent_hash', version < sentHashSince ? 'NULL AS sent_hash' : 'sent_hash');
  const view = (table: string, columns: string): void =>
    database.exec(`CREATE TEMP VIEW ${table} AS SELECT ${columns} FROM main.${table}`);
  // A data folder may be on a disk that nothing can be written to.
  database.exec('PRAGMA temp_store = MEMORY');
  viewed.set(database, schemaVersionOf(database));
  // Nothing is known of the types of fields until the file is brought to today's format.
  if (version < fieldsSince)
    database.exec("CREATE TEMP VIEW fields AS SELECT '' AS name, '' AS type WHERE 0");
  view('items', items);
  if (sequence === columnNamesOf(formatVersion).sequence) return;
  for (const table of pictureTables) view(table, `${sequence} AS sequence, bytes`);
  for (const table of vectorTableNames(database)) view(table, `${sequence} AS sequence, vector`);
}

/** True if another process has changed tables that this connection sees through views: it has to be opened anew. */
export function isOutdated(database: Database): boolean {
  const version = viewed.get(database);
  return version !== undefined && version !== schemaVersionOf(database);
}

import type { Database } from './database.ts';
import { itemColumns } from './item-row.ts';
import { columnNamesOf, fieldsSince } from './old-tables.ts';
import { formatVersion, vectorTableName } from './tables.ts';
import { vectorGenerations } from './vector-table.ts';

const noChecksum = 'NULL AS checksum';
const vectorTableNames = (database: Database): string[] => vectorGenerations(database).map(vectorTableName);

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
    .replace('sent_hash', 'NULL AS sent_hash')
    .replace('image_bytes', 'NULL AS image_bytes')
    .replace('checksum', noChecksum);
  const view = (table: string, columns: string): void =>
    database.exec(`CREATE TEMP VIEW ${table} AS SELECT ${columns} FROM main.${table}`);
  // A data folder may be on a disk that nothing can be written to.
  database.exec('PRAGMA temp_store = MEMORY');
  view('state', `settings, sequence, items, products, ${noChecksum}`);
  // Nothing is known of the types of fields in the first formats.
  if (version < fieldsSince)
    database.exec("CREATE TEMP VIEW fields AS SELECT '' AS name, '' AS type, NULL AS checksum WHERE 0");
  else view('fields', `name, type, ${noChecksum}`);
  view('items', items);
  view('images', `${sequence} AS sequence, 0 AS part, ${noChecksum}, bytes`);
  view('thumbnails', `${sequence} AS sequence, ${noChecksum}, bytes`);
  for (const table of vectorTableNames(database))
    view(table, `${sequence} AS sequence, ${noChecksum}, vector`);
}

import { createHash } from 'node:crypto';
import type { Client } from './connection.ts';
import { storedText } from './stored-text.ts';

/** Fields of a collection that get an index, and characters of the names of those: metadata has whatever fields whoever writes likes. */
const maxFields = 16;
const maxCharacters = 200;

/** A collection by its number, with the name of its table of items. */
export interface ItemTable {
  readonly number: number;
  readonly items: string;
}

/** Writes a text as it stands in a statement. */
const literal = (text: string): string => {
  const quoted = text.replaceAll("'", "''");
  return text.includes('\\') ? ` E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
};

/** The expression of a field of numbers, as its index has it; NULL where there is another value, or none. @param fields the column */
export const numberSql = (key: string, fields = 'i.fields'): string => {
  const name = literal(storedText(key));
  return `(CASE WHEN jsonb_typeof(${fields}->${name}) = 'number' THEN (${fields}->>${name})::numeric END)`;
};

const indexOf = ({ number }: ItemTable, key: string): string =>
  `range_${number}_${createHash('md5').update(key).digest('hex').slice(0, 16)}`;

/** Makes the indexes of fields that hold numbers from now on, as far as a collection may have more. */
export async function createRangeIndexes(
  client: Client,
  table: ItemTable,
  keys: readonly string[],
): Promise<void> {
  const wanted = keys.filter((key) => key.length <= maxCharacters);
  if (wanted.length === 0) return;
  const { rows } = await client.query<{ count: number }>(
    "SELECT count(*) AS count FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE x.indrelid = $1::regclass AND c.relname LIKE 'range\\_%'",
    [table.items],
  );
  for (const key of wanted.slice(0, Math.max(0, maxFields - (rows[0]?.count ?? 0))))
    await client.query(
      `CREATE INDEX IF NOT EXISTS ${indexOf(table, key)} ON ${table.items} (${numberSql(key, 'fields')})`,
    );
}

/** Drops the index of a field that became text. */
export async function dropRangeIndex(client: Client, table: ItemTable, key: string): Promise<void> {
  await client.query(`DROP INDEX IF EXISTS ${indexOf(table, key)}`);
}

/** The statement that makes them for the fields that earlier versions have noted. */
export const rangeIndexesOfAll: string = `DO $do$ DECLARE f record; BEGIN
  FOR f IN SELECT collection, name FROM (SELECT collection, name,
      row_number() OVER (PARTITION BY collection ORDER BY name) AS place
    FROM fields WHERE type = 'number' AND length(name) <= ${maxCharacters}) numbers WHERE place <= ${maxFields} LOOP
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I ((CASE WHEN jsonb_typeof(fields->%L) = ''number'' THEN (fields->>%L)::numeric END))',
      'range_' || f.collection || '_' || substr(md5(f.name), 1, 16), 'items_' || f.collection, f.name, f.name);
  END LOOP; END $do$`;

/** Rises with every change of the tables that older programs cannot read. */
export const formatVersion = 4;

/** A row of `sqlite_schema`, but for the number of its page. */
export interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly tbl_name: string;
  readonly sql: string | null;
}

/** The columns that changed their names between the formats. */
interface ColumnNames {
  /** The number of the change that wrote an item. */
  readonly sequence: string;
  /** The class of an item's picture. */
  readonly label: string;
}

/** Column names by format version, the first of which is 1. */
const columnNames: readonly ColumnNames[] = [
  { sequence: 'label', label: 'item_label' },
  { sequence: 'sequence', label: 'label' },
  { sequence: 'sequence', label: 'label' },
  { sequence: 'sequence', label: 'label' },
];
/** The first format that keeps the types of metadata fields. */
export const fieldsSince = 3;
/** The first format that keeps the hash of a picture as it was sent beside that of the stored one. */
export const sentHashSince = 4;
/** The column of that hash: NULL where the picture is stored as it was sent. */
export const sentHashColumn = 'sent_hash TEXT';

/** Returns the names that a format version gives to columns which are called otherwise in another. @throws RangeError. */
export function columnNamesOf(version: number): ColumnNames {
  const names = columnNames[version - 1];
  if (names === undefined)
    throw new RangeError(`version must be from 1 to ${formatVersion}, not ${version}.`);
  return names;
}

/**
 * The statements that make the tables of a format version, to the letter: what a file holds is compared with these texts
 * before anything of it is read, so a file has the tables that this program makes, or is refused. The texts of a released
 * version never change: a further version gets texts of its own, and a migration (`migrate.ts`) that leads to them.
 *
 * An item's sequence number is that of the change that wrote it: an upsert is a new row with a new sequence number, so an
 * index that holds all items up to some number needs to catch up with larger ones only. Vectors and pictures are
 * apart from items, so that scans touch what they need. `AUTOINCREMENT` is not used: `state` counts deletions too.
 */
export function createStatements(version: number = formatVersion): readonly string[] {
  const { sequence, label } = columnNamesOf(version);
  return [
    `CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    settings TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    items INTEGER NOT NULL,
    products INTEGER NOT NULL
  ) STRICT`,
    `CREATE TABLE items (
    ${sequence} INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    product_id TEXT NOT NULL,
    ${label} TEXT,
    metadata TEXT NOT NULL,
    split TEXT,
    image_hash TEXT NOT NULL,
    image_type TEXT,
    has_thumbnail INTEGER NOT NULL,
    updated_at TEXT NOT NULL
  ${version < sentHashSince ? '' : `, ${sentHashColumn}`}) STRICT`,
    'CREATE INDEX items_by_product ON items (product_id)',
    ...['images', 'thumbnails'].map(
      (table) => `CREATE TABLE ${table} (
    ${sequence} INTEGER PRIMARY KEY REFERENCES items ON DELETE CASCADE,
    bytes BLOB NOT NULL
  ) STRICT`,
    ),
    ...(version < fieldsSince
      ? []
      : [
          `CREATE TABLE fields (
    name TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL
  ) STRICT`,
        ]),
  ];
}

/** Returns the statement that makes the table of a generation's vectors in a format version. */
export const createVectorTableStatement = (
  generation: number,
  version: number = formatVersion,
): string => `CREATE TABLE ${vectorTableName(generation)} (
    ${columnNamesOf(version).sequence} INTEGER PRIMARY KEY REFERENCES items ON DELETE CASCADE,
    vector BLOB NOT NULL
  ) STRICT`;

/** Returns the name of the table that holds a generation's vectors. @throws RangeError unless it is a whole number from 1. */
export function vectorTableName(generation: number): string {
  // The name becomes SQL text and the name of a folder: this is the last place where something else can be stopped.
  if (!Number.isSafeInteger(generation) || generation < 1)
    throw new RangeError(`generation must be a whole number from 1, not ${JSON.stringify(generation)}.`);
  return `vectors_${generation}`;
}

/** The generation in the name of a table of vectors; undefined for any other name. */
export function generationOf(table: string): number | undefined {
  const digits = /^vectors_([1-9]\d{0,9})$/.exec(table)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Returns the rows of `sqlite_schema` after a statement. */
function rowsOf(sql: string): SchemaRow[] {
  const [, kind = '', name = '', on] = /^CREATE (TABLE|INDEX) (\w+)(?: ON (\w+))?/.exec(sql) ?? [];
  const row = { type: kind.toLowerCase(), name, tbl_name: on ?? name, sql };
  // A UNIQUE column brings an index that has no text of its own.
  const unique = sql.includes(' UNIQUE')
    ? [{ type: 'index', name: `sqlite_autoindex_${name}_1`, tbl_name: name, sql: null }]
    : [];
  return [row, ...unique];
}

const keyOf = ({ type, name, tbl_name, sql }: SchemaRow): string =>
  JSON.stringify([type, name, tbl_name, sql]);

/** Returns what is wrong with the tables of a file of a format version, or undefined. */
export function schemaProblem(
  rows: readonly SchemaRow[],
  version: number = formatVersion,
): string | undefined {
  const generations = rows.flatMap(({ type, name }) => (type === 'table' ? (generationOf(name) ?? []) : []));
  const vectorTables = generations.map((generation) => createVectorTableStatement(generation, version));
  const expected = [...createStatements(version), ...vectorTables].flatMap(rowsOf);
  const missing = new Map(expected.map((row) => [keyOf(row), row.name]));
  for (const row of rows)
    if (!missing.delete(keyOf(row))) return `it has a ${row.type} ${JSON.stringify(row.name)} of its own`;
  const [absent] = missing.values();
  return absent === undefined ? undefined : `it lacks the table ${absent}`;
}

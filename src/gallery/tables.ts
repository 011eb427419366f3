/** Rises with every change of the tables that older programs cannot read. */
export const formatVersion = 1;

/** A row of `sqlite_schema`, but for the number of its page. */
export interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly tbl_name: string;
  readonly sql: string | null;
}

/**
 * The statements that make the tables of format version 1, to the letter: what a file holds is compared with these texts before anything of it
 * is read, so a file has the tables that this program makes, or is refused. Never edit the texts of a version that was
 * released: add a version, and a migration that makes the tables anew.
 *
 * An item's label is the sequence number of the change that wrote it: an upsert is a new row with a new label, so an
 * index that holds all labels up to some number needs to catch up with larger ones only. Vectors and pictures are
 * apart from items, so that scans touch what they need. `AUTOINCREMENT` is not used: `state` counts deletions too.
 */
export const createStatements: readonly string[] = [
  `CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    settings TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    items INTEGER NOT NULL,
    products INTEGER NOT NULL
  ) STRICT`,
  `CREATE TABLE items (
    label INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    product_id TEXT NOT NULL,
    item_label TEXT,
    metadata TEXT NOT NULL,
    split TEXT,
    image_hash TEXT NOT NULL,
    image_type TEXT,
    has_thumbnail INTEGER NOT NULL,
    updated_at TEXT NOT NULL
  ) STRICT`,
  'CREATE INDEX items_by_product ON items (product_id)',
  `CREATE TABLE images (
    label INTEGER PRIMARY KEY REFERENCES items ON DELETE CASCADE,
    bytes BLOB NOT NULL
  ) STRICT`,
  `CREATE TABLE thumbnails (
    label INTEGER PRIMARY KEY REFERENCES items ON DELETE CASCADE,
    bytes BLOB NOT NULL
  ) STRICT`,
];

/** The statement that makes the table of a generation's vectors. */
export const createVectorTableStatement = (
  generation: number,
): string => `CREATE TABLE ${vectorTableName(generation)} (
    label INTEGER PRIMARY KEY REFERENCES items ON DELETE CASCADE,
    vector BLOB NOT NULL
  ) STRICT`;

/** The name of the table that holds a generation's vectors. Throws a RangeError unless it is a whole number from 1. */
export function vectorTableName(generation: number): string {
  // The name becomes SQL text and the name of a folder: this is the last place where something else can be stopped.
  if (!Number.isSafeInteger(generation) || generation < 1)
    throw new RangeError(`a generation must be a whole number from 1, not ${JSON.stringify(generation)}`);
  return `vectors_${generation}`;
}

/** The generation in the name of a table of vectors; undefined for any other name. */
export function generationOf(table: string): number | undefined {
  const digits = /^vectors_([1-9]\d{0,9})$/.exec(table)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** What `sqlite_schema` holds after a statement. */
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

/** What is wrong with the tables of a file of this format version, or undefined. */
export function schemaProblem(rows: readonly SchemaRow[]): string | undefined {
  const generations = rows.flatMap(({ type, name }) => (type === 'table' ? (generationOf(name) ?? []) : []));
  const expected = [...createStatements, ...generations.map(createVectorTableStatement)].flatMap(rowsOf);
  const missing = new Map(expected.map((row) => [keyOf(row), row.name]));
  for (const row of rows)
    if (!missing.delete(keyOf(row))) return `it has a ${row.type} ${JSON.stringify(row.name)} of its own`;
  const [absent] = missing.values();
  return absent === undefined ? undefined : `it lacks the table ${absent}`;
}

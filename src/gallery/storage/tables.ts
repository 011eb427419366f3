import { checksumsSince, oldStatements, oldVectorTableStatement } from './old-tables.ts';

/** Rises with every change of the tables that older programs cannot read. */
export const formatVersion = 4;

/** A row of `sqlite_schema`, but for the number of its page. */
export interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly tbl_name: string;
  readonly sql: string | null;
}

/** The statements of today's format. */
const statements: readonly string[] = [
  `CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    settings TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    items INTEGER NOT NULL,
    products INTEGER NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT`,
  `CREATE TABLE items (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    product_id TEXT NOT NULL,
    label TEXT,
    metadata TEXT NOT NULL,
    split TEXT,
    image_hash TEXT NOT NULL,
    sent_hash TEXT,
    image_type TEXT,
    image_bytes INTEGER,
    has_thumbnail INTEGER NOT NULL,
    updated_at TEXT NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT`,
  'CREATE INDEX items_by_product ON items (product_id)',
  `CREATE TABLE images (
    sequence INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
    part INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (sequence, part)
  ) STRICT`,
  `CREATE TABLE thumbnails (
    sequence INTEGER PRIMARY KEY REFERENCES items ON DELETE CASCADE,
    checksum INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT`,
  `CREATE TABLE fields (
    name TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    checksum INTEGER NOT NULL
  ) STRICT`,
  `CREATE TABLE quarantine (
    origin TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    part INTEGER NOT NULL,
    why TEXT NOT NULL,
    since TEXT NOT NULL,
    content BLOB NOT NULL
  ) STRICT`,
];

/** The statement of a table that a collection gets with its first document. */
export const documentsStatement = `CREATE TABLE documents (
    name TEXT NOT NULL UNIQUE,
    checksum INTEGER NOT NULL,
    content TEXT NOT NULL
  ) STRICT`;

/**
 * The statements that make the tables of a format version, to the letter: what a file holds is compared with these texts
 * before anything of it is read, so a file has the tables that this program makes, or is refused. The texts of a released
 * version never change: a further version gets texts of its own, and a migration (`migrate.ts`) that leads to them.
 *
 * An item's sequence number is that of the change that wrote it: an upsert is a new row with a new sequence number, so an
 * index that holds all items up to some number needs to catch up with larger ones only. Vectors and pictures are
 * apart from items, so that scans touch what they need; pictures are in parts of at most 256 KiB, of which `items` knows the bytes
 * in all. Every row has a checksum (`checksum.ts`). What was found damaged is kept in `quarantine`, which nothing reads. `AUTOINCREMENT` is
 * not used: `state` counts deletions too.
 */
export const createStatements = (version: number = formatVersion): readonly string[] =>
  version === formatVersion ? statements : oldStatements(version);

/** Returns the statement that makes the table of a generation's vectors in a format version. */
export function createVectorTableStatement(generation: number, version: number = formatVersion): string {
  const name = vectorTableName(generation);
  if (version < checksumsSince) return oldVectorTableStatement(name, version);
  return `CREATE TABLE ${name} (
    sequence INTEGER PRIMARY KEY REFERENCES items ON DELETE CASCADE,
    checksum INTEGER NOT NULL,
    vector BLOB NOT NULL
  ) STRICT`;
}

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
  // A UNIQUE column, or a key of several, brings an index that has no text of its own.
  const unique = / UNIQUE|PRIMARY KEY \(/.test(sql)
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
  const hasDocuments = version === formatVersion && rows.some(({ name }) => name === 'documents');
  const further = hasDocuments ? [documentsStatement, ...vectorTables] : vectorTables;
  const expected = [...createStatements(version), ...further].flatMap(rowsOf);
  const missing = new Map(expected.map((row) => [keyOf(row), row.name]));
  for (const row of rows)
    if (!missing.delete(keyOf(row))) return `it has a ${row.type} ${JSON.stringify(row.name)} of its own`;
  const [absent] = missing.values();
  return absent === undefined ? undefined : `it lacks the table ${absent}`;
}

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
/** The first format that keeps checksums, and pictures in parts. */
export const checksumsSince = 4;

/** Returns the names that a format version gives to columns which are called otherwise in another. @throws RangeError. */
export function columnNamesOf(version: number): ColumnNames {
  const names = columnNames[version - 1];
  if (names === undefined)
    throw new RangeError(`version must be from 1 to ${columnNames.length}, not ${version}.`);
  return names;
}

/** The statements that made the tables of the formats before checksums; see `createStatements`. */
export function oldStatements(version: number): readonly string[] {
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
  ) STRICT`,
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

/** The statement that made a table of vectors in the formats before checksums. */
export const oldVectorTableStatement = (table: string, version: number): string => `CREATE TABLE ${table} (
    ${columnNamesOf(version).sequence} INTEGER PRIMARY KEY REFERENCES items ON DELETE CASCADE,
    vector BLOB NOT NULL
  ) STRICT`;

import { type FieldType, maxTypedFields, maxTypedKey, WrittenFields } from '../../engine/index.ts';
import { checksumOfValues, isRight } from './checksum.ts';
import type { Database } from './database.ts';
import { type ItemRow, isIntact, itemColumns, withChecksum } from './item-row.ts';
import { damaged } from './sqlite-errors.ts';

const types: readonly string[] = ['text', 'number', 'boolean', 'list'] satisfies FieldType[];

/** Reads the types of a collection's fields, by key. @throws SnapshelfError `gallery-damaged`. */
export function readFields(database: Database): Map<string, FieldType> {
  const rows = database.all<FieldRow>(
    'SELECT name, type, checksum FROM fields ORDER BY name LIMIT ?',
    maxTypedFields,
  );
  return new Map(rows.map((row) => [row.name, typeOf(database, row)]));
}

/** Reads the type of one field; undefined if it has none. @throws SnapshelfError `gallery-damaged`. */
export function readFieldType(database: Database, name: string): FieldType | undefined {
  const row = database.get<FieldRow>('SELECT name, type, checksum FROM fields WHERE name = ?', name);
  return row === undefined ? undefined : typeOf(database, row);
}

interface FieldRow {
  readonly name: string;
  readonly type: string;
  /** null in files of earlier formats. */
  readonly checksum: number | null;
}

function typeOf(database: Database, { name, type, checksum }: FieldRow): FieldType {
  if (!isRight(checksum, () => checksumOfValues([name, type])))
    throw damaged(database.file, `the type of the field ${JSON.stringify(name)} is not what was stored`);
  return checkedType(database, type);
}

function insertField(database: Database, name: string, type: FieldType): void {
  database.run('INSERT INTO fields VALUES (?, ?, ?)', name, type, checksumOfValues([name, type]));
}

function checkedType(database: Database, type: string): FieldType {
  if (types.includes(type)) return type as FieldType;
  throw damaged(database.file, `a field has the unknown type ${JSON.stringify(type)}`);
}

/** The types of a collection's fields within a transaction that writes items: what changes is written at once. */
export class FieldTypes extends WrittenFields {
  readonly #database: Database;

  /** @param strict true refuses values of other types than their fields' */
  constructor(database: Database, strict: boolean) {
    super(readFields(database), strict);
    this.#database = database;
  }

  /** Earlier releases took keys with NUL, at which SQLite ends a text: they are told apart by no table. */
  protected override isTyped(key: string): boolean {
    return !key.includes('\0');
  }

  protected override hasType(field: string, type: FieldType, from?: FieldType): void {
    if (from !== undefined) this.#database.run('DELETE FROM fields WHERE name = ?', field);
    insertField(this.#database, field, type);
    if (from !== undefined) makeText(this.#database, field);
  }
}

/** Makes all stored values of a field text. A row that is damaged stays as it is: nothing makes it right again. */
function makeText(database: Database, key: string): void {
  const path = metadataPath([key]);
  const query = database.query<ItemRow>(`SELECT ${itemColumns} FROM items WHERE sequence > ?
    AND CASE WHEN json_valid(metadata)
      THEN ifnull(json_type(metadata, ?) IN ('integer', 'real', 'true', 'false', 'array'), 0) ELSE 0 END
    ORDER BY sequence LIMIT 500`);
  for (let rows = query.all([0, path]); rows.length > 0; rows = query.all([rows.at(-1)?.sequence ?? 0, path]))
    for (const row of rows) if (isIntact(row)) writeText(database, row, path);
}

function writeText(database: Database, row: ItemRow, path: string): void {
  // What `->` gives is the JSON text of a value; joined to another text it is no JSON any more, but text.
  const sql = "SELECT json_set(?, ?, '' || (? -> ?)) AS metadata";
  const { metadata } = database.get<{ metadata: string }>(sql, row.metadata, path, row.metadata, path) ?? row;
  const { checksum } = withChecksum({ ...row, metadata });
  const update = 'UPDATE items SET metadata = ?, checksum = ? WHERE sequence = ?';
  database.run(update, metadata, checksum, row.sequence);
}

/** Returns the path to a value in an item's metadata, for SQLite: keys as JSON strings, so that any key can be named. */
const metadataPath = (keys: readonly string[]): string =>
  `$${keys.map((key) => `.${JSON.stringify(key)}`).join('')}`;

/**
 * Fixes the types of fields by what is stored, for items that were written without: a field whose values have several
 * types, or that was text before, becomes text.
 */
export function inferFields(database: Database, known: ReadonlyMap<string, FieldType> = new Map()): void {
  const found = database.all<{ name: string; type: string }>(
    `SELECT key AS name, CASE WHEN type IN ('integer', 'real') THEN 'number' WHEN type IN ('true', 'false') THEN 'boolean'
        WHEN type = 'array' THEN 'list' ELSE 'text' END AS type
      FROM items, json_each(CASE WHEN json_valid(metadata) AND json_type(metadata) = 'object' THEN metadata ELSE '{}' END)
      WHERE type NOT IN ('null', 'object') AND length(key) <= ? AND instr(key, char(0)) = 0 GROUP BY 1, 2 LIMIT ?`,
    maxTypedKey,
    2 * maxTypedFields,
  );
  const inferred = new Map(known);
  const mixed = new Set<string>();
  for (const { name, type } of found) {
    const before = inferred.get(name);
    if (before !== undefined && before !== type) mixed.add(name);
    if (before !== undefined || inferred.size < maxTypedFields)
      inferred.set(name, checkedType(database, type));
  }
  for (const name of mixed) {
    inferred.set(name, 'text');
    makeText(database, name);
  }
  database.run('DELETE FROM fields');
  for (const [name, type] of inferred) insertField(database, name, type);
}

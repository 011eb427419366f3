import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { migrateCollection } from '../../../src/gallery/rebuild/migrate.ts';
import { checksumOf, checksumOfValues } from '../../../src/gallery/storage/checksum.ts';
import { type ItemRow, withChecksum } from '../../../src/gallery/storage/item-row.ts';
import { silentLogger } from '../../../src/log.ts';
import { repositoryRoot } from '../../support/repository.ts';

/** Written by the code of commit 447a4fb; see make.mjs there. */
export const fixtures: string = join(repositoryRoot, 'test', 'fixtures', 'gallery');

/** A change of a collection's file that its maker could make with any SQLite. */
export interface Craft {
  readonly name: string;
  /** What the refusal has to speak of. */
  readonly says: RegExp;
  /** SQL, run with everything that protects a file switched off. */
  readonly sql: string;
}

/** The settings of the fixture, with one part exchanged for another text. */
const settings = (part: string, other: string): string =>
  `UPDATE state SET settings = replace(settings, '${part}', '${other}')`;
const table = (name: string, sql: string): string =>
  `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = '${sql}' WHERE name = '${name}'; PRAGMA writable_schema = RESET`;

const nan = "x'0000c07f0000000000000000'";

export const crafts: readonly Craft[] = [
  {
    name: 'a generation that is SQL and a path',
    says: /generation/,
    sql: settings('"generation":1', '"generation":"1 --/../../../victim"'),
  },
  { name: 'a generation of 0', says: /generation/, sql: settings('"generation":1', '"generation":0') },
  { name: 'a generation of 1.5', says: /generation/, sql: settings('"generation":1', '"generation":1.5') },
  {
    name: 'a generation without vectors',
    says: /no such table|lacks|vectors_7/,
    sql: settings('"generation":1', '"generation":7'),
  },
  { name: 'the same generation twice', says: /twice/, sql: settings('"generation":2', '"generation":1') },
  {
    name: 'a dimension of 2^40',
    says: /dimension/,
    sql: settings('"dimension":3', '"dimension":1099511627776'),
  },
  { name: 'a dimension of another length', says: /numbers/, sql: settings('"dimension":3', '"dimension":4') },
  { name: 'the metric __proto__', says: /metric/, sql: settings('cosine', '__proto__') },
  { name: 'a model that is a path', says: /modelId/, sql: settings('aaaaaaaa', '../../aa') },
  {
    name: 'a setting of its own',
    says: /settings/,
    sql: settings('"storeImages"', '"extra":1,"storeImages"'),
  },
  { name: 'settings that are no JSON', says: /settings/, sql: "UPDATE state SET settings = '{'" },
  {
    name: 'a creation time that is a script',
    says: /createdAt/,
    sql: "UPDATE state SET settings = json_set(settings, '$.createdAt', '<script>')",
  },
  { name: 'no state', says: /settings are missing/, sql: 'DELETE FROM state' },
  {
    name: 'a billion items',
    says: /counters/,
    sql: 'UPDATE state SET items = 1000000000, sequence = 2000000000',
  },
  { name: 'a negative count', says: /counts -5/, sql: 'UPDATE state SET items = -5' },
  {
    name: 'a sequence that has no room to count',
    says: /counts/,
    sql: 'UPDATE state SET sequence = 9007199254740991',
  },
  {
    name: 'a sequence beyond JavaScript',
    says: /too large|out of range|number/,
    sql: 'UPDATE state SET sequence = 9223372036854775807',
  },
  {
    name: 'a sequence below its items',
    says: /counters/,
    sql: 'UPDATE state SET sequence = 2, items = 2; UPDATE items SET label = 9 WHERE label = 2; PRAGMA foreign_keys = OFF; UPDATE vectors_1 SET label = 9 WHERE label = 2; UPDATE vectors_2 SET label = 9 WHERE label = 2',
  },
  { name: 'another number of products', says: /counters/, sql: 'UPDATE state SET products = 1' },
  {
    name: 'a vector that is not a number',
    says: /finite/,
    sql: `UPDATE vectors_1 SET vector = ${nan} WHERE label = 1`,
  },
  {
    name: 'a vector that is cut off',
    says: /cut off|numbers/,
    sql: "UPDATE vectors_1 SET vector = x'0000' WHERE label = 1",
  },
  { name: 'an item without a vector', says: /no vector/, sql: 'DELETE FROM vectors_1 WHERE label = 1' },
  {
    name: 'a vector without an item',
    says: /belong to no item/,
    sql: "INSERT INTO vectors_1 VALUES (99, x'00')",
  },
  {
    name: 'a vector of the re-index without an item',
    says: /belong to no item/,
    sql: "INSERT INTO vectors_2 VALUES (99, x'00')",
  },
  {
    name: 'a picture without an item',
    says: /belong to no item/,
    sql: "INSERT INTO images VALUES (99, x'00')",
  },
  {
    name: 'an id that climbs',
    says: /item id/,
    sql: "UPDATE items SET id = '../../etc/passwd' WHERE label = 1",
  },
  {
    name: 'an id with a control character',
    says: /item id/,
    sql: "UPDATE items SET id = 'a' || char(10) WHERE label = 1",
  },
  { name: 'an empty product', says: /productId/, sql: "UPDATE items SET product_id = '' WHERE label = 1" },
  {
    name: 'a label of a megabyte',
    says: /label/,
    sql: 'UPDATE items SET item_label = hex(zeroblob(500000)) WHERE label = 1',
  },
  { name: 'a split that is none', says: /split/, sql: "UPDATE items SET split = 'x' WHERE label = 1" },
  {
    name: 'a picture that is a page',
    says: /imageType/,
    sql: "UPDATE items SET image_type = 'text/html' WHERE label = 1",
  },
  { name: 'a picture that is another', says: /SHA-256/, sql: "UPDATE images SET bytes = x'00'" },
  { name: 'a picture that is missing', says: /contradicts its picture/, sql: 'DELETE FROM images' },
  { name: 'a thumbnail that is missing', says: /contradicts its thumbnail/, sql: 'DELETE FROM thumbnails' },
  {
    name: 'metadata that is no JSON',
    says: /metadata/,
    sql: "UPDATE items SET metadata = '{' WHERE label = 1",
  },
  {
    name: 'metadata that is a list',
    says: /metadata/,
    sql: "UPDATE items SET metadata = '[]' WHERE label = 1",
  },
  {
    name: 'metadata of a megabyte',
    says: /metadata/,
    sql: "UPDATE items SET metadata = json_object('a', hex(zeroblob(500000))) WHERE label = 1",
  },
  {
    name: 'a time that is none',
    says: /malformed/,
    sql: "UPDATE items SET updated_at = 'now' WHERE label = 1",
  },
  {
    name: 'a trigger',
    says: /trigger "t" of its own/,
    sql: 'CREATE TRIGGER t AFTER INSERT ON items BEGIN DELETE FROM items; END',
  },
  { name: 'a view', says: /view "v" of its own/, sql: 'CREATE VIEW v AS SELECT 1' },
  { name: 'a table more', says: /table "more" of its own/, sql: 'CREATE TABLE more (x)' },
  {
    name: 'a table that is named like vectors',
    says: /vectors_01/,
    sql: 'CREATE TABLE vectors_01 (label INTEGER PRIMARY KEY, vector BLOB NOT NULL) STRICT',
  },
  { name: 'an index less', says: /lacks the table items_by_product/, sql: 'DROP INDEX items_by_product' },
  { name: 'other columns', says: /of its own/, sql: 'ALTER TABLE items ADD COLUMN more TEXT' },
  {
    name: 'a view in the place of a table, with an endless query',
    says: /of its own/,
    sql: 'DROP TABLE state; CREATE VIEW state AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) AS settings, 1 AS sequence, 1 AS items, 1 AS products FROM c',
  },
  {
    name: 'a default that calls a function',
    says: /of its own/,
    sql: table(
      'state',
      'CREATE TABLE state (one INTEGER PRIMARY KEY, settings TEXT DEFAULT (hex(randomblob(9))), sequence, items, products)',
    ),
  },
  {
    name: 'a schema that SQLite does not understand',
    says: /malformed|schema/,
    sql: table('items', 'CREATE TABLE items ((('),
  },
  { name: 'the tables of another format', says: /of its own/, sql: 'PRAGMA user_version = 5 - format' },
  { name: 'a newer format', says: /newer/, sql: 'PRAGMA user_version = 5' },
  { name: 'no format', says: /unknown format/, sql: 'PRAGMA user_version = 0' },
  { name: 'another application', says: /not a database of Snapshelf/, sql: 'PRAGMA application_id = 1' },
];

/** Changes a database file with every protection switched off. */
export function craft(file: string, sql: string): void {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false, defensive: false });
  try {
    database.exec('PRAGMA journal_mode = DELETE');
    database.exec(sql);
    database.exec('VACUUM');
  } catch {
    // A schema that is broken on purpose cannot be vacuumed.
  } finally {
    database.close();
  }
}

/** The bytes of a snapshot around a database. */
export function wrap(database: Uint8Array, header: object = {}): Buffer {
  const sha256 = createHash('sha256').update(database).digest('hex');
  const fields = {
    format: 'snapshelf-snapshot',
    version: 1,
    collection: 'shop',
    bytes: database.length,
    sha256,
    ...header,
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(fields)}\n`), database]);
}

/** The SQL of a craft, which names columns as the first format does, in the words of a format. */
const inFormat = (sql: string, format: number): string => {
  const words = sql.replace('5 - format', String(5 - format));
  if (format === 1) return words;
  return words
    .replaceAll('item_label', 'class of a picture')
    .replaceAll(/\blabel\b/g, 'sequence')
    .replaceAll('class of a picture', 'label')
    .replace(/(INTO images VALUES \(99), /, '$1, 0, 0, ')
    .replace(/(INTO vectors_\d VALUES \(99), /, '$1, 0, ');
};

/** Gives all rows the checksums of what they hold, as the maker of a file can. */
export function seal(file: string): void {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false, defensive: false });
  const all = <T>(sql: string): T[] => database.prepare(sql).all() as T[];
  try {
    for (const row of all<ItemRow>('SELECT * FROM items')) {
      const bytes = all<{ n: number | null }>(
        `SELECT sum(length(bytes)) AS n FROM images WHERE sequence = ${row.sequence}`,
      )[0]?.n;
      const image_bytes = row.image_type === null ? null : (bytes ?? row.image_bytes);
      const { checksum } = withChecksum({ ...row, image_bytes });
      const sql = 'UPDATE items SET checksum = ?, image_bytes = ? WHERE sequence = ?';
      database.prepare(sql).run(checksum, image_bytes, row.sequence);
    }
    type Blob = { readonly sequence: number; readonly part: number; readonly bytes: Uint8Array };
    for (const [table, part, bytes] of [
      ['images', 'part', 'bytes'],
      ['thumbnails', '0', 'bytes'],
      ['vectors_1', '0', 'vector'],
      ['vectors_2', '0', 'vector'],
    ])
      for (const row of all<Blob>(`SELECT sequence, ${part} AS part, ${bytes} AS bytes FROM ${table}`))
        database
          .prepare(`UPDATE ${table} SET checksum = ? WHERE sequence = ? AND ${part} = ?`)
          .run(checksumOf(row.bytes, row.sequence, row.part), row.sequence, row.part);
    // One has a view in its place, whose query is endless.
    if (all("SELECT 1 FROM sqlite_schema WHERE type = 'view'").length > 0) return;
    for (const row of all<Record<'settings' | 'sequence' | 'items' | 'products', unknown>>(
      'SELECT * FROM state',
    ))
      database
        .prepare('UPDATE state SET checksum = ?')
        .run(checksumOfValues([row.settings, row.sequence, row.items, row.products]));
  } catch {
    // The tables of some are broken on purpose.
  } finally {
    database.close();
  }
}

const original = join(fixtures, 'data-447a4fb', 'collections', 'shop', 'catalogue.sqlite');

function migrated(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-migrated-'));
  try {
    const file = join(folder, 'catalogue.sqlite');
    cpSync(original, file);
    migrateCollection(file, silentLogger);
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The fixture's database by format. */
const databases: readonly (Buffer | undefined)[] = [
  undefined,
  readFileSync(original),
  undefined,
  undefined,
  migrated(),
];

/** Puts the fixture's database, in a format, into a file and runs the SQL of a craft over it. */
export function writeCraftedDatabase(file: string, sql: string, format = 1): void {
  writeFileSync(file, databases[format] ?? '');
  craft(file, inFormat(sql, format));
  if (format > 3) seal(file);
}

/** The fixture's database after the SQL. */
export function craftedDatabase(sql: string, format = 1): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-crafted-'));
  try {
    const file = join(folder, 'catalogue.sqlite');
    writeCraftedDatabase(file, sql, format);
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes a snapshot of the fixture's database after the SQL. */
export const writeCrafted = (path: string, sql: string, format = 1): void =>
  writeFileSync(path, wrap(craftedDatabase(sql, format)));

import { existsSync, statSync } from 'node:fs';
import { SnapshelfError } from '../errors.ts';
import { Database, damaged } from './database.ts';
import type { Settings } from './state.ts';
import { createVectorTable } from './vector-table.ts';

/** The name of a collection's database inside its folder. */
export const catalogueFile = 'catalogue.sqlite';
/** Rises with every change of the tables that older programs cannot read. */
export const schemaVersion = 1;
/** "SnSh": tells a gallery's databases from foreign ones. */
const applicationId = 0x536e5368;
/** Larger files are not read through when opened; SQLite then finds damage when it meets it. */
const checkedAtOpen = 64 * 1024 * 1024;

/*
 * An item's label is the sequence number of the change that wrote it: an upsert is a new row with a new label, so an
 * index that holds all labels up to some number needs to catch up with larger ones only. Vectors and pictures are
 * apart from items, so that scans touch what they need. `AUTOINCREMENT` is not used: `state` counts deletions too.
 */
const tables = `
  CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    settings TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    items INTEGER NOT NULL,
    products INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE items (
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
  ) STRICT;
  CREATE INDEX items_by_product ON items (product_id);
  CREATE TABLE images (
    label INTEGER PRIMARY KEY REFERENCES items ON DELETE CASCADE,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE TABLE thumbnails (
    label INTEGER PRIMARY KEY REFERENCES items ON DELETE CASCADE,
    bytes BLOB NOT NULL
  ) STRICT;
`;

/** Makes the file of an empty collection. `settings` is kept as JSON beside the counters. */
export function createCatalogueFile(file: string, settings: Settings): void {
  const database = new Database(file);
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion};`);
    database.transaction(() => {
      database.exec(tables);
      createVectorTable(database, settings.space.generation);
      database.run('INSERT INTO state VALUES (1, ?, 0, 0, 0)', JSON.stringify(settings));
    });
  } finally {
    database.close();
  }
}

/** Opens a collection's file and checks that it is one. Throws `gallery-damaged`. */
export function openCatalogueFile(file: string, options: { readonly readOnly?: boolean } = {}): Database {
  if (!existsSync(file)) throw damaged(file, 'the file is missing');
  const database = new Database(file, options);
  try {
    checkIdentity(database);
    if (statSync(file).size <= checkedAtOpen) checkPages(database);
    if (options.readOnly !== true) database.exec('PRAGMA synchronous = FULL');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function checkIdentity(database: Database): void {
  const id = database.get<{ application_id: number }>('PRAGMA application_id')?.application_id;
  if (id !== applicationId) throw damaged(database.file, 'it is not a database of Snapshelf');
  const version = database.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
  if (version > schemaVersion)
    throw new SnapshelfError(
      'gallery-damaged',
      `${database.file} was written by a newer Snapshelf (format ${version}, this one reads up to ${schemaVersion}): update Snapshelf.`,
      { details: { file: database.file, version } },
    );
}

function checkPages(database: Database): void {
  const verdict = database.get<{ quick_check: string }>('PRAGMA quick_check(1)')?.quick_check;
  if (verdict !== 'ok') throw damaged(database.file, verdict ?? 'the check of its pages gave no answer');
}

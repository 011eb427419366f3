import { fsyncSync } from 'node:fs';
import type { FieldType } from '../../engine/index.ts';
import { withDescriptor } from '../../files/index.ts';
import { checksumOf } from '../storage/checksum.ts';
import { checkPages, createCollectionFile } from '../storage/collection-file.ts';
import { Database } from '../storage/database.ts';
import { Documents } from '../storage/documents.ts';
import { inferFields } from '../storage/fields.ts';
import { type ItemRow, insertRow, insertThumbnail } from '../storage/item-row.ts';
import { insertPicture } from '../storage/pictures.ts';
import { removeDatabase } from '../storage/remove-database.ts';
import type { Settings } from '../storage/settings.ts';
import { writeCounters } from '../storage/state.ts';
import { vectorTableName } from '../storage/tables.ts';
import { createVectorTable } from '../storage/vector-table.ts';

/** An item, as it goes into the new file. */
export interface CopiedItem {
  readonly row: ItemRow;
  /** By generation. */
  readonly vectors: ReadonlyMap<number, Uint8Array>;
  readonly picture: Uint8Array | undefined;
  /** True for a picture that is not what was stored, and that every reader is to refuse. */
  readonly isPictureBad: boolean;
  readonly thumbnail: Uint8Array | undefined;
}

/** A blob or a row that is put aside. */
export interface Quarantined {
  /** The table that it comes from. */
  readonly origin: string;
  readonly sequence: number;
  readonly part?: number | undefined;
  readonly why: string;
  readonly content: Uint8Array | string;
}

/** A row of `quarantine`. */
export interface QuarantineRow {
  readonly origin: string;
  readonly sequence: number;
  readonly part: number;
  readonly why: string;
  readonly since: string;
  readonly content: Uint8Array;
}

const journal = 'PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF';

/** A new file that gets what is good of another. Nobody uses it before it is whole, so it is synced once, at its end. */
export class CopyTarget {
  readonly #database: Database;
  readonly #since: string = new Date().toISOString();

  /** Makes the file of a collection without items, which no file of vectors is known to belong to. */
  constructor(file: string, { vectorsKey: _, ...settings }: Settings) {
    removeDatabase(file);
    createCollectionFile(file, settings, journal);
    this.#database = new Database(file);
    this.#database.exec(journal);
    if (settings.replacement !== undefined)
      createVectorTable(this.#database, settings.replacement.generation);
  }

  /** Runs the function in one transaction. */
  transaction(work: () => void): void {
    this.#database.transaction(work);
  }

  insert({ row, vectors, picture, isPictureBad, thumbnail }: CopiedItem): void {
    const { sequence } = row;
    insertRow(this.#database, row);
    for (const [generation, bytes] of vectors) {
      const sql = `INSERT INTO ${vectorTableName(generation)} VALUES (?, ?, ?)`;
      this.#database.run(sql, sequence, checksumOf(bytes, sequence), bytes);
    }
    if (picture !== undefined) insertPicture(this.#database, sequence, picture, isPictureBad);
    if (thumbnail !== undefined) insertThumbnail(this.#database, sequence, thumbnail);
  }

  quarantine({ origin, sequence, part = 0, why, content }: Quarantined): void {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const sql = 'INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?)';
    this.#database.run(sql, origin, sequence, part, why, this.#since, bytes);
  }

  /** Keeps what was put aside before. */
  quarantineAgain(row: QuarantineRow): void {
    const { origin, sequence, part, why, since, content } = row;
    const sql = 'INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?)';
    this.#database.run(sql, origin, sequence, part, why, since, content);
  }

  /** Keeps a document of the collection. */
  keepDocument(name: string, content: string): void {
    new Documents(this.#database).set(name, content);
  }

  /** Completes the file and makes it durable. `fields` are the known types of fields; others are told from the items. */
  finish(sequence: number, fields: ReadonlyMap<string, FieldType>): void {
    this.transaction(() => {
      inferFields(this.#database, fields);
      const counts = this.#database.get<{ items: number; products: number }>(
        'SELECT count(*) AS items, count(DISTINCT product_id) AS products FROM items',
      );
      writeCounters(this.#database, { sequence, items: 0, products: 0, ...counts });
    });
    checkPages(this.#database);
    this.#database.close();
    withDescriptor(this.#database.file, 'r+', fsyncSync);
  }

  /** Gives the file up. */
  abandon(): void {
    this.#database.close();
    removeDatabase(this.#database.file);
  }
}

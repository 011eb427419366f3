import { type Database, damaged } from './database.ts';
import type { VectorSource } from './index/vector-index.ts';
import { createVectorTableStatement, generationOf, vectorTableName } from './tables.ts';

interface VectorRow {
  readonly label: number;
  readonly vector: Uint8Array<ArrayBuffer>;
}

const blockBytes = 1024 * 1024;
const rowsPerLookup = 256;
/** A tree that is twisted has rows without end. */
const noMoreThanItems = 'LIMIT (SELECT items + 1 FROM state)';

const bytesOf = (vector: Float32Array): Uint8Array =>
  new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);

/** Makes the table of a generation. */
export function createVectorTable(database: Database, generation: number): void {
  database.exec(createVectorTableStatement(generation));
}

/** The generations that have a table. */
export const vectorTables = (database: Database): number[] =>
  database
    .all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .flatMap(({ name }) => generationOf(name) ?? []);

/** Drops a generation's table; emptied in steps, so that other work may go in between. */
export function* dropVectorTable(database: Database, generation: number): Generator<void, void> {
  const name = vectorTableName(generation);
  const sql = `DELETE FROM ${name} WHERE label IN (SELECT label FROM ${name} ORDER BY label LIMIT 500)`;
  while (database.run(sql) > 0) yield;
  database.exec(`DROP TABLE ${name}`);
}

/** The raw vectors of one generation of a collection, by label. */
export class VectorTable implements VectorSource {
  readonly dimension: number;
  readonly #database: Database;
  readonly #name: string;

  constructor(database: Database, generation: number, dimension: number) {
    this.#database = database;
    this.#name = vectorTableName(generation);
    this.dimension = dimension;
  }

  count(): number {
    const sql = `SELECT count(*) AS n FROM (SELECT 1 FROM ${this.#name} ${noMoreThanItems})`;
    return this.#database.get<{ n: number }>(sql)?.n ?? 0;
  }

  /** All labels up to and including `label`. */
  labelsUpTo(label: number): number[] {
    // One text instead of a row object each: this is called with all labels, at start-up.
    const sql = `SELECT json_group_array(label) AS labels
      FROM (SELECT label FROM ${this.#name} WHERE label <= ? ${noMoreThanItems})`;
    return JSON.parse(this.#database.get<{ labels: string }>(sql, label)?.labels ?? '[]') as number[];
  }

  /** The largest label, 0 when there is none. */
  lastLabel(): number {
    return (
      this.#database.get<{ last: number | null }>(`SELECT max(label) AS last FROM ${this.#name}`)?.last ?? 0
    );
  }

  /** Those of the labels that have a vector. */
  existing(labels: readonly number[]): number[] {
    const sql = `SELECT label FROM ${this.#name} WHERE label IN (SELECT value FROM json_each(?))`;
    return this.#database.all<{ label: number }>(sql, JSON.stringify(labels)).map((row) => row.label);
  }

  /** At most `limit` labels above `label`, rising. */
  labelsAfter(label: number, limit: number): number[] {
    const sql = `SELECT label FROM ${this.#name} WHERE label > ? ORDER BY label LIMIT ?`;
    return this.#database.all<{ label: number }>(sql, label, limit).map((row) => row.label);
  }

  insert(label: number, vector: Float32Array): void {
    this.#database.run(`INSERT INTO ${this.#name} VALUES (?, ?)`, label, bytesOf(vector));
  }

  /** Inserts a vector for an item that still has that label; the first one stays. */
  insertFor(id: string, label: number, vector: Float32Array): void {
    const sql = `INSERT OR IGNORE INTO ${this.#name} SELECT label, ? FROM items WHERE id = ? AND label = ?`;
    this.#database.run(sql, bytesOf(vector), id, label);
  }

  /** Blocks of about a megabyte; they share one buffer, so a block holds until the next one is asked for. */
  *blocks(): Generator<{ labels: number[]; vectors: Float32Array }> {
    const limit = Math.max(1, Math.floor(blockBytes / (4 * this.dimension)));
    const buffer = new Float32Array(limit * this.dimension);
    let rows = this.#rowsAfter(0, limit);
    while (rows.length > 0) {
      for (const [i, row] of rows.entries()) buffer.set(this.#floats(row), i * this.dimension);
      const labels = rows.map((row) => row.label);
      yield { labels, vectors: buffer.subarray(0, rows.length * this.dimension) };
      rows = this.#rowsAfter(labels.at(-1) ?? 0, limit);
    }
  }

  get(labels: readonly number[]): Map<number, Float32Array> {
    const sql = `SELECT label, vector FROM ${this.#name} WHERE label IN (SELECT value FROM json_each(?))`;
    const found = new Map<number, Float32Array>();
    for (let start = 0; start < labels.length; start += rowsPerLookup) {
      const some = JSON.stringify(labels.slice(start, start + rowsPerLookup));
      for (const row of this.#database.all<VectorRow>(sql, some)) found.set(row.label, this.#floats(row));
    }
    return found;
  }

  /** At most `limit` vectors with a label above `label`, rising. */
  vectorsAfter(label: number, limit: number): (readonly [label: number, vector: Float32Array])[] {
    return this.#rowsAfter(label, limit).map((row) => [row.label, this.#floats(row)] as const);
  }

  #rowsAfter(label: number, limit: number): VectorRow[] {
    const sql = `SELECT label, vector FROM ${this.#name} WHERE label > ? ORDER BY label LIMIT ?`;
    const rows = this.#database.all<VectorRow>(sql, label, limit);
    // In a twisted tree earlier rows come again, for ever.
    let last = label;
    for (const row of rows) {
      if (row.label <= last) throw damaged(this.#database.file, 'its vectors are out of order');
      last = row.label;
    }
    return rows;
  }

  #floats({ label, vector }: VectorRow): Float32Array {
    if (vector.byteLength !== 4 * this.dimension)
      throw damaged(this.#database.file, `vector ${label} has ${vector.byteLength} bytes`);
    return new Float32Array(vector.buffer, vector.byteOffset, this.dimension);
  }
}

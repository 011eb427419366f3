import { checksumOf, isRight, itemDamaged, neverRight } from './checksum.ts';
import type { Database } from './database.ts';
import { damaged } from './sqlite-errors.ts';
import { createVectorTableStatement, generationOf, vectorTableName } from './tables.ts';

interface VectorRow {
  readonly sequence: number;
  /** null in files of earlier formats. */
  readonly checksum: number | null;
  readonly vector: Uint8Array<ArrayBuffer>;
}

/** A vector with the checksum that it is stored with. */
export interface StoredVector {
  readonly sequence: number;
  readonly checksum: number;
  readonly vector: Float32Array;
}

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
export const vectorGenerations = (database: Database): number[] =>
  database
    .all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .flatMap(({ name }) => generationOf(name) ?? []);

/** Drops a generation's table; emptied in steps, so that other work may go in between. */
export function* dropVectorTable(database: Database, generation: number): Generator<void, void> {
  const name = vectorTableName(generation);
  const sql = `DELETE FROM ${name} WHERE sequence IN (SELECT sequence FROM ${name} ORDER BY sequence LIMIT 500)`;
  while (database.run(sql) > 0) yield;
  database.exec(`DROP TABLE ${name}`);
}

/** The raw vectors of one generation of a collection, by sequence number. */
export class VectorTable {
  readonly dimension: number;
  readonly #database: Database;
  readonly #name: string;
  /** Sequence numbers of vectors that were found damaged, and left out, by `intactAfter` and `get`. */
  readonly damaged: Set<number> = new Set();

  constructor(database: Database, generation: number, dimension: number) {
    this.#database = database;
    this.#name = vectorTableName(generation);
    this.dimension = dimension;
  }

  count(): number {
    const sql = `SELECT count(*) AS n FROM (SELECT 1 FROM ${this.#name} ${noMoreThanItems})`;
    return this.#database.get<{ n: number }>(sql)?.n ?? 0;
  }

  /** All sequence numbers up to and including `sequence`. */
  sequencesUpTo(sequence: number): number[] {
    // One text instead of a row object each: this is called with all sequence numbers, at start-up.
    const sql = `SELECT json_group_array(sequence) AS sequences
      FROM (SELECT sequence FROM ${this.#name} WHERE sequence <= ? ${noMoreThanItems})`;
    return JSON.parse(
      this.#database.get<{ sequences: string }>(sql, sequence)?.sequences ?? '[]',
    ) as number[];
  }

  /** The largest sequence number, 0 when there is none. */
  lastSequence(): number {
    return (
      this.#database.get<{ last: number | null }>(`SELECT max(sequence) AS last FROM ${this.#name}`)?.last ??
      0
    );
  }

  /** Those of the sequence numbers that have a vector. */
  existing(sequences: readonly number[]): number[] {
    const sql = `SELECT sequence FROM ${this.#name} WHERE sequence IN (SELECT value FROM json_each(?))`;
    return this.#database
      .all<{ sequence: number }>(sql, JSON.stringify(sequences))
      .map((row) => row.sequence);
  }

  /** At most `limit` sequence numbers above `sequence`, rising. */
  sequencesAfter(sequence: number, limit: number): number[] {
    const sql = `SELECT sequence FROM ${this.#name} WHERE sequence > ? ORDER BY sequence LIMIT ?`;
    return this.#database.all<{ sequence: number }>(sql, sequence, limit).map((row) => row.sequence);
  }

  insert(sequence: number, vector: Float32Array): void {
    const bytes = bytesOf(vector);
    const sql = `INSERT INTO ${this.#name} VALUES (?, ?, ?)`;
    this.#database.run(sql, sequence, checksumOf(bytes, sequence), bytes);
  }

  /** Inserts a vector for an item that still has that sequence number; the first one stays. */
  insertFor(id: string, sequence: number, vector: Float32Array): void {
    const bytes = bytesOf(vector);
    const sql = `INSERT OR IGNORE INTO ${this.#name} SELECT sequence, ?, ? FROM items WHERE id = ? AND sequence = ?`;
    this.#database.run(sql, checksumOf(bytes, sequence), bytes, id, sequence);
  }

  /** The intact ones of at most `limit` vectors with a sequence number above `sequence`, rising, and the last number that was read. */
  intactAfter(
    sequence: number,
    limit: number,
  ): { readonly last: number | undefined; readonly vectors: StoredVector[] } {
    const rows = this.#rowsAfter(sequence, limit);
    const intact = rows.filter((row) => this.#isIntact(row));
    const vectors = intact.map((row) => ({
      sequence: row.sequence,
      checksum: row.checksum ?? neverRight,
      vector: this.#floats(row),
    }));
    return { last: rows.at(-1)?.sequence, vectors };
  }

  /** Returns the checksums of the vectors from one sequence number to another. */
  checksums(from: number, to: number): Map<number, number> {
    const sql = `SELECT sequence, checksum FROM ${this.#name} WHERE sequence BETWEEN ? AND ?`;
    const rows = this.#database.all<Pick<VectorRow, 'sequence' | 'checksum'>>(sql, from, to);
    return new Map(rows.map(({ sequence, checksum }) => [sequence, checksum ?? neverRight]));
  }

  get(sequences: readonly number[]): Map<number, Float32Array> {
    const sql = `SELECT sequence, checksum, vector FROM ${this.#name} WHERE sequence IN (SELECT value FROM json_each(?))`;
    const found = new Map<number, Float32Array>();
    for (let start = 0; start < sequences.length; start += rowsPerLookup) {
      const some = JSON.stringify(sequences.slice(start, start + rowsPerLookup));
      for (const row of this.#database.all<VectorRow>(sql, some))
        if (this.#isIntact(row)) found.set(row.sequence, this.#floats(row));
    }
    return found;
  }

  /** At most `limit` vectors with a sequence number above `sequence`, rising. @throws SnapshelfError `item-damaged`. */
  vectorsAfter(sequence: number, limit: number): (readonly [sequence: number, vector: Float32Array])[] {
    return this.#rowsAfter(sequence, limit).map((row) => {
      if (!this.#isIntact(row)) throw itemDamaged('vector', row.sequence);
      return [row.sequence, this.#floats(row)] as const;
    });
  }

  #rowsAfter(sequence: number, limit: number): VectorRow[] {
    const sql = `SELECT sequence, checksum, vector FROM ${this.#name} WHERE sequence > ? ORDER BY sequence LIMIT ?`;
    const rows = this.#database.all<VectorRow>(sql, sequence, limit);
    // In a twisted tree earlier rows come again, for ever.
    let last = sequence;
    for (const row of rows) {
      if (row.sequence <= last) throw damaged(this.#database.file, 'its vectors are out of order');
      last = row.sequence;
    }
    return rows;
  }

  #isIntact({ sequence, checksum, vector }: VectorRow): boolean {
    if (isRight(checksum, () => checksumOf(vector, sequence))) return true;
    this.damaged.add(sequence);
    return false;
  }

  #floats({ sequence, vector }: VectorRow): Float32Array {
    if (vector.byteLength !== 4 * this.dimension)
      throw damaged(this.#database.file, `vector ${sequence} has ${vector.byteLength} bytes`);
    return new Float32Array(vector.buffer, vector.byteOffset, this.dimension);
  }
}

import { crc32 } from 'node:zlib';
import type { Database } from './database.ts';
import { checkedText } from './item-row.ts';
import { damaged } from './sqlite-errors.ts';

interface CheckedRow {
  readonly sequence: number;
  readonly checksum: number | null;
  readonly text: string | null;
}

/** The sequence numbers of all rows of items, rising, and those of rows that may not be what was stored. */
export interface CheckedRows {
  readonly sequences: number[];
  readonly doubtful: readonly number[];
}

/** Reads all rows of items. @throws SnapshelfError `gallery-damaged` if they are out of order. */
export function readChecked(database: Database): CheckedRows {
  try {
    return read(database, checkedText);
  } catch {
    // SQLite does not write bytes as JSON, which a damaged row may hold: all rows are looked at then.
    return read(database, 'NULL');
  }
}

/** @param text of a row, in SQL; null for one to be looked at */
function read(database: Database, text: string): CheckedRows {
  const sql = `SELECT sequence, checksum, ${text} AS text FROM items ORDER BY sequence`;
  const sequences: number[] = [];
  const doubtful: number[] = [];
  database.query<CheckedRow>(sql).each([], (row) => {
    const { sequence, checksum } = row;
    if (sequence <= (sequences.at(-1) ?? 0)) throw damaged(database.file, 'its items are out of order');
    sequences.push(sequence);
    if (checksum !== null && (row.text === null || crc32(row.text) !== checksum)) doubtful.push(sequence);
    return true;
  });
  return { sequences, doubtful };
}

import { crc32 } from 'node:zlib';
import type { Database } from './database.ts';
import { checkedText } from './item-row.ts';
import { damaged } from './sqlite-errors.ts';

/** Its sequence number, its checksum, and the text that has this checksum. */
type CheckedRow = [sequence: number, checksum: number | null, text: string | null];

/** Rows that are read at a time. */
const rowsPerRead = 1000;

/** The sequence numbers of all rows of items, rising, and those of rows that may not be what was stored. */
export interface CheckedRows {
  readonly sequences: number[];
  readonly doubtful: readonly number[];
}

/** Reads all rows of items. @throws SnapshelfError `gallery-damaged` if they are out of order. */
export function readChecked(database: Database): CheckedRows {
  return database.snapshot(() => {
    try {
      return read(database, checkedText);
    } catch {
      // SQLite does not write bytes as JSON, which a damaged row may hold: all rows are looked at then.
      return read(database, 'NULL');
    }
  });
}

/** @param text of a row, in SQL; null for one to be looked at */
function read(database: Database, text: string): CheckedRows {
  const query = database.query(
    `SELECT sequence, checksum, ${text} FROM items WHERE sequence > ? ORDER BY sequence LIMIT ${rowsPerRead}`,
  );
  const sequences: number[] = [];
  const doubtful: number[] = [];
  for (;;) {
    const rows = query.lists([sequences.at(-1) ?? Number.MIN_SAFE_INTEGER]) as CheckedRow[];
    for (const [sequence, checksum, checked] of rows) {
      if (sequence <= (sequences.at(-1) ?? 0)) throw damaged(database.file, 'its items are out of order');
      sequences.push(sequence);
      if (checksum !== null && (checked === null || crc32(checked) !== checksum)) doubtful.push(sequence);
    }
    if (rows.length < rowsPerRead) return { sequences, doubtful };
  }
}

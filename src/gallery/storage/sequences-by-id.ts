import type { Database } from './database.ts';

/** The items that a listing may show. */
export interface AllowedItems {
  readonly count: number;
  has(sequence: number): boolean;
  /** All of them. */
  sequences(): number[];
}

/** Items that are looked up at once by their sequence numbers, rather than by a walk over all ids. */
const few = 4000;
/** Ids that a walk reads before other work is let in. */
const window = 2000;

interface Key {
  readonly id: string;
  readonly sequence: number;
}

/** Yields the sequence numbers of items by rising id, behind the id `after`, in parts. Some parts may be empty. */
export function* sequencesById(
  database: Database,
  after: string,
  allowed?: AllowedItems,
): Generator<number[], void> {
  if (allowed !== undefined && allowed.count <= few) {
    const sql = `SELECT sequence, id FROM items
      WHERE sequence IN (SELECT value FROM json_each(?)) AND id > ? ORDER BY id`;
    const keys = database.all<Key>(sql, JSON.stringify(allowed.sequences()), after);
    yield keys.map(({ sequence }) => sequence);
    return;
  }
  const sql = 'SELECT sequence, id FROM items WHERE id > ? ORDER BY id LIMIT ?';
  for (let low = after; ; ) {
    const keys = database.all<Key>(sql, low, window);
    const sequences = keys.map(({ sequence }) => sequence);
    yield allowed === undefined ? sequences : sequences.filter((sequence) => allowed.has(sequence));
    const last = keys.at(-1);
    if (last === undefined || keys.length < window) return;
    low = last.id;
  }
}

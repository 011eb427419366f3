import type { Database } from '../storage/database.ts';
import { type ItemRow, itemColumns } from '../storage/item-row.ts';
import { damaged } from '../storage/sqlite-errors.ts';

const rowsPerRead = 50;

/**
 * Yields the rows of all items by rising sequence number, also of a file with pages that cannot be read: what the pages
 * of rows do not give up is looked for one by one, by what the index of ids knows.
 * @param onUnreadable is told of rows that cannot be read
 */
export function* walkItems(
  source: Database,
  onUnreadable: (sequence: number, id: string | null, error: unknown) => void,
): Generator<ItemRow, void> {
  let last = 0;
  try {
    for (;;) {
      const rows = source.all<ItemRow>(
        `SELECT ${itemColumns} FROM items WHERE sequence > ? ORDER BY sequence LIMIT ${rowsPerRead}`,
        last,
      );
      if (rows.length === 0) return;
      for (const row of rows) {
        // In a twisted tree earlier rows come again, for ever.
        if (row.sequence <= last) throw damaged(source.file, 'its items are out of order');
        last = row.sequence;
        yield row;
      }
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    yield* oneByOne(source, last, onUnreadable, error);
  }
}

function* oneByOne(
  source: Database,
  after: number,
  onUnreadable: (sequence: number, id: string | null, error: unknown) => void,
  cause: unknown,
): Generator<ItemRow, void> {
  const known = knownItems(source, after);
  if (known.length === 0) onUnreadable(after + 1, null, cause);
  for (const { sequence, id } of known) {
    let row: ItemRow | undefined;
    try {
      row = source.get<ItemRow>(`SELECT ${itemColumns} FROM items WHERE sequence = ?`, sequence);
      if (row?.sequence !== sequence) throw damaged(source.file, 'the row is missing');
    } catch (error) {
      if (!isDamage(error)) throw error;
      onUnreadable(sequence, id, error);
      continue;
    }
    yield row;
  }
}

/** The items that the index of ids has, by sequence number. */
function knownItems(source: Database, after: number): { readonly sequence: number; readonly id: string }[] {
  const found = new Map<number, string>();
  const query = source.query<{ sequence: number; id: string }>('SELECT sequence, id FROM items ORDER BY id');
  const most = 2 ** 24;
  try {
    query.each([], ({ sequence, id }) => {
      if (sequence > after) found.set(sequence, id);
      return found.size < most;
    });
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  return [...found].map(([sequence, id]) => ({ sequence, id })).sort((a, b) => a.sequence - b.sequence);
}

const isDamage = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'gallery-damaged';

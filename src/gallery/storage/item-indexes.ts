import type { Logger } from '../../log.ts';
import type { Database } from './database.ts';
import { damaged } from './sqlite-errors.ts';

/** By column of `items`, the rows in the order of its index. */
const inOrder = {
  id: 'SELECT sequence, id AS key FROM items ORDER BY id',
  product_id: 'SELECT sequence, product_id AS key FROM items INDEXED BY items_by_product ORDER BY product_id',
} as const;

interface Entry {
  readonly sequence: number;
  readonly key: string;
}

/**
 * Has the indexes of ids and products know the items as they are, after SQLite found rows and indexes that differ. Where damaged rows
 * are why, the indexes are right; where all rows are intact, the indexes are made anew of them.
 * @param damagedRows sequence numbers of rows that are not as they were written
 * @throws SnapshelfError `gallery-damaged` for damaged rows and indexes at a time, or an index that a reader cannot make anew.
 */
export function settleIndexes(
  database: Database,
  damagedRows: ReadonlySet<number>,
  { readOnly, log }: { readonly readOnly: boolean; readonly log: Logger },
): void {
  if (areIndexesRight(database, damagedRows)) return;
  if (readOnly || damagedRows.size > 0) throw damaged(database.file, 'an index of its items is damaged');
  database.transaction(() => database.exec('REINDEX items'));
  if (!areIndexesRight(database, damagedRows))
    throw damaged(database.file, 'an index of its items is damaged');
  log.warn('indexes of ids and products were damaged, and made anew of the rows', { file: database.file });
}

/** True if each index has every intact row in its place, and otherwise nothing but damaged ones. */
function areIndexesRight(database: Database, damagedRows: ReadonlySet<number>): boolean {
  for (const column of ['id', 'product_id'] as const) {
    const keys = new Map<number, string>();
    database
      .query<Entry>(`SELECT sequence, ${column} AS key FROM items NOT INDEXED`)
      .each([], ({ sequence, key }) => keys.set(sequence, key) !== undefined);
    let last = Buffer.of();
    let isRight = true;
    database.query<Entry>(inOrder[column]).each([], ({ sequence, key }) => {
      const bytes = Buffer.from(String(key));
      const isIntact = damagedRows.has(sequence) || keys.get(sequence) === key;
      isRight = isIntact && keys.delete(sequence) && Buffer.compare(last, bytes) <= 0;
      last = bytes;
      return isRight;
    });
    if (!isRight || keys.size > 0) return false;
  }
  return true;
}

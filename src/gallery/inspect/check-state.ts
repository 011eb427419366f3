import { counted } from '../../text.ts';
import type { Database } from '../storage/database.ts';
import { maxGeneration, type Settings } from '../storage/settings.ts';
import { damaged } from '../storage/sqlite-errors.ts';
import { maxCount, readState } from '../storage/state.ts';
import { vectorGenerations } from '../storage/vector-table.ts';

// The table and its two indexes are trees of their own, and each can be twisted so that it has rows without end.
const table = 'SELECT 1 FROM main.items NOT INDEXED';
/** Statements that read an index of items from end to end. */
export const indexWalks: readonly string[] = [
  'SELECT id FROM main.items ORDER BY id',
  'SELECT product_id FROM main.items INDEXED BY items_by_product',
];

const countUpTo = (database: Database, rows: string, most: number): number | undefined =>
  database.get<{ n: number }>(`SELECT count(*) AS n FROM (${rows} LIMIT ?)`, most)?.n;

/**
 * Checks the state in a collection's file against its tables, before anything counts on it: a copied or edited file could
 * claim any number of items, or a generation that has no vectors.
 * @throws SnapshelfError `gallery-damaged`.
 */
export function checkState(database: Database): void {
  const { settings, sequence, items } = readState(database);
  checkRoom(database.file, sequence, settings);
  const tables = vectorGenerations(database);
  for (const space of [settings.space, settings.replacement])
    if (space !== undefined && !tables.includes(space.generation))
      throw damaged(database.file, `it lacks the vectors of generation ${space.generation}`);
  for (const rows of [table, ...indexWalks])
    if (countUpTo(database, rows, items + 1) !== items)
      throw damaged(database.file, `it does not have the ${counted(items, 'item')} that it says`);
  const sequences = database.get<{ first: number | null; last: number | null }>(
    'SELECT (SELECT min(sequence) FROM items) AS first, (SELECT max(sequence) FROM items) AS last',
  );
  if ((sequences?.first ?? 1) < 1 || (sequences?.last ?? 0) > sequence)
    throw damaged(database.file, 'its items have numbers that it never gave out');
}

/**
 * Checks that the counters leave room to count on: half of the values that reading accepts are kept free.
 * @throws SnapshelfError `gallery-damaged`.
 */
export function checkRoom(file: string, sequence: number, { space, replacement }: Settings): void {
  const generation = Math.max(space.generation, replacement?.generation ?? 0);
  if (sequence > maxCount / 2 || generation > maxGeneration / 2)
    throw damaged(file, 'its numbers of changes or generations leave no room to count on');
}

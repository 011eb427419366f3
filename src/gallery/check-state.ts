import { type Database, damaged } from './database.ts';
import { readState } from './state.ts';
import { vectorTables } from './vector-table.ts';

/**
 * Checks what a collection's file says of itself against its tables, before anything counts on it: a copied or edited
 * file could claim any number of items, or a generation that has no vectors. Throws `gallery-damaged`.
 */
export function checkState(database: Database): void {
  const { settings, sequence, items } = readState(database);
  const tables = vectorTables(database);
  for (const space of [settings.space, settings.replacement])
    if (space !== undefined && !tables.includes(space.generation))
      throw damaged(database.file, `it lacks the vectors of generation ${space.generation}`);
  const counted = database.get<{ n: number; first: number | null; last: number | null }>(
    'SELECT count(*) AS n, min(label) AS first, max(label) AS last FROM items',
  );
  if (counted?.n !== items) throw damaged(database.file, `it says ${items} items, and has ${counted?.n}`);
  if ((counted.first ?? 1) < 1 || (counted.last ?? 0) > sequence)
    throw damaged(database.file, 'its items have numbers that it never gave out');
}

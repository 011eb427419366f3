import { lstatSync } from 'node:fs';
import { checkRows, openChecked } from '../storage/collection-file.ts';
import { checkState } from './check-state.ts';
import type { ReadAhead } from './read-ahead.ts';

/** Larger files are not read through; SQLite then finds damage when it meets it. */
const checkedThrough = 64 * 1024 * 1024;

/** Milliseconds to wait for a lock of another process: the thread that asked waits too. */
const waitMs = 1000;

/**
 * Inspects a collection's file, in one state of it even while it is written to: its tables, its counters, and all of its pages,
 * or if it is large those of its items. Returns false if rows are damaged, or indexes of them, and nothing else. A file that a stranger made can take for ever, so this is for a process that can be killed.
 * @throws SnapshelfError `gallery-damaged`, `gallery-locked`.
 */
export function inspectCollectionFile(file: string, readAhead?: ReadAhead): boolean {
  using database = openChecked(file, { timeout: waitMs });
  const isLarge = lstatSync(file).size > checkedThrough;
  if (isLarge) readAhead?.begin(file);
  const areRowsRight = checkRows(database, isLarge);
  database.snapshot(() => checkState(database));
  return areRowsRight;
}

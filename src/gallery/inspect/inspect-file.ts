import { lstatSync } from 'node:fs';
import { checkPages, openChecked } from '../storage/collection-file.ts';
import { isOutdated } from '../storage/migrate.ts';
import { checkState } from './check-state.ts';

/** Larger files are not read through; SQLite then finds damage when it meets it. */
const checkedThrough = 64 * 1024 * 1024;

/** How long to wait for a lock of another process, milliseconds: the thread that asked waits too. */
const waitMs = 1000;

/**
 * Looks at a collection's file, in one state of it whatever is written meanwhile: its tables, what it says of itself, and
 * unless it is large all of its pages. What a stranger made of it can take for ever: for a process that can be killed.
 * Throws `gallery-damaged`.
 */
export function inspectCollectionFile(file: string): void {
  const database = openChecked(file, { timeout: waitMs });
  try {
    if (lstatSync(file).size <= checkedThrough) checkPages(database);
    database.snapshot(() => checkState(database));
    return;
  } catch (error) {
    if (!isOutdated(database)) throw error;
  } finally {
    database.close();
  }
  // A writer beside this reader has just brought the file to a newer format.
  inspectCollectionFile(file);
}

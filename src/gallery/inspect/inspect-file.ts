import { lstatSync } from 'node:fs';
import { checkPages, openChecked } from '../storage/collection-file.ts';
import { isOutdated } from '../storage/migrate.ts';
import { checkState } from './check-state.ts';

/** Larger files are not read through; SQLite then finds damage when it meets it. */
const checkedThrough = 64 * 1024 * 1024;

/** Milliseconds to wait for a lock of another process: the thread that asked waits too. */
const waitMs = 1000;

/**
 * Inspects a collection's file, in one state of it even while it is written to: its tables, its counters, and unless it is
 * large all of its pages. A file that a stranger made can take for ever, so this is for a process that can be killed.
 * @throws SnapshelfError `gallery-damaged`, `gallery-locked`.
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

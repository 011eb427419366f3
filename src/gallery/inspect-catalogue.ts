import { lstatSync } from 'node:fs';
import { checkState } from './check-state.ts';
import { checkPages, openChecked } from './schema.ts';

/** Larger files are not read through; SQLite then finds damage when it meets it. */
const checkedThrough = 64 * 1024 * 1024;

/**
 * Looks at a collection's file, in one state of it whatever is written meanwhile: its tables, what it says of itself, and
 * unless it is large all of its pages. What a stranger made of it can take for ever: for a process that can be killed.
 * Throws `gallery-damaged`.
 */
export function inspectCatalogue(file: string): void {
  const database = openChecked(file, { readOnly: true });
  try {
    if (lstatSync(file).size <= checkedThrough) checkPages(database);
    database.snapshot(() => checkState(database));
  } finally {
    database.close();
  }
}

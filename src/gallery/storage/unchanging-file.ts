import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { SnapshelfError } from '../../errors.ts';

/**
 * Returns a text that changes when somebody writes to the file; undefined where its writer's log is beside it.
 * @throws SnapshelfError `not-readable` for a file whose log only a writer can take up.
 */
export function stampOf(file: string): string | undefined {
  const [size, log, shared] = ['', '-wal', '-shm'].map((suffix) =>
    statSync(`${file}${suffix}`, { throwIfNoEntry: false }),
  );
  // With its writer's log and shared memory beside it, a file can be read as ever. Shared memory alone, without the log that
  // it is an index of, is a leftover.
  if (log !== undefined && shared !== undefined) return undefined;
  if (log !== undefined && log.size > 0)
    throw new SnapshelfError(
      'not-readable',
      `The database ${file} was not closed, and this user may not write to its folder, which reading its log takes. Open it once as the user that owns it, for instance with snapshelf inspect.`,
    );
  return size === undefined ? undefined : `${size.ino} ${size.size} ${size.mtimeMs}`;
}

/** Returns the address of a file that nobody changes. SQLite reads one in WAL mode from a folder that it may not write to only so. */
export function unchanging(file: string): string {
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  return url.href;
}

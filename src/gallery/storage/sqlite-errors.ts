import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import { accessProblem, largestFileBytes, sqliteCodeOf, sqliteCodes } from '../../files/index.ts';

const isBusy: ReadonlySet<number> = new Set<number>([
  sqliteCodes.busy,
  sqliteCodes.locked,
  sqliteCodes.protocol,
]);
const isCorrupt: ReadonlySet<number> = new Set<number>([sqliteCodes.corrupt, sqliteCodes.notADatabase]);
const isUnusable: ReadonlySet<number> = new Set<number>([
  sqliteCodes.ioError,
  sqliteCodes.cannotOpen,
  sqliteCodes.readOnly,
]);

/** The error to give the caller for what SQLite threw about `file`; other errors pass as they are. */
export function translateSqliteError(error: unknown, file: string, readOnly: boolean): unknown {
  // A whole number that JavaScript cannot hold: nothing that this program writes has one.
  if (error instanceof RangeError && 'code' in error && error.code === 'ERR_OUT_OF_RANGE')
    return damaged(file, error.message, error);
  const primary = sqliteCodeOf(error);
  if (primary === undefined || !(error instanceof Error)) return error;
  if (isCorrupt.has(primary)) return damaged(file, error.message, error);
  if (primary === sqliteCodes.full || (primary === sqliteCodes.ioError && isAsLargeAsMayBe(file)))
    return new SnapshelfError('disk-full', `There is no space left for ${file}; free some and try again.`, {
      cause: error,
    });
  if (isBusy.has(primary))
    return new SnapshelfError('gallery-locked', `Another process holds ${file}; stop it and try again.`, {
      cause: error,
    });
  if (isUnusable.has(primary))
    return (
      accessProblem(file, readOnly ? 'read' : 'write') ??
      (primary === sqliteCodes.readOnly ? notAllowed(file, readOnly, error) : undefined) ??
      new SnapshelfError(
        'gallery-damaged',
        `The database ${file} cannot be used: ${error.message}. Check the disk, and the permissions of its folder.`,
        { cause: error, details: { file: inDataFolder(file) } },
      )
    );
  return error;
}

/** Bytes of a write that may have been too much. */
const oneWrite = 128 * 1024;

/** True if the log of a file, or the file, has reached the size that files may have (`ulimit -f`): SQLite then only says that writing failed. */
function isAsLargeAsMayBe(file: string): boolean {
  const largest = largestFileBytes() ?? Number.POSITIVE_INFINITY;
  return [file, `${file}-wal`].some(
    (path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) + oneWrite > largest,
  );
}

/** The error about a file that SQLite may not write to, which reading one in WAL mode can take too: nothing of it is damaged. */
const notAllowed = (file: string, readOnly: boolean, cause: Error): SnapshelfError =>
  new SnapshelfError(
    readOnly ? 'not-readable' : 'not-writable',
    `The database ${file} cannot be used: ${cause.message}. Open it as the user that owns it and its folder.`,
    { cause },
  );

/** The `gallery-damaged` error about a file, with the way out. */
export function damaged(file: string, what: string, cause?: unknown): SnapshelfError {
  return new SnapshelfError(
    'gallery-damaged',
    `The database ${file} cannot be read: ${what}. Check and repair the collection (snapshelf check), or drop it and restore a snapshot of it or index the pictures again.`,
    { cause, details: { file: inDataFolder(file), why: what } },
  );
}

/** The file as the data folder names it: details go to HTTP clients, whom the rest of the path does not concern. */
const inDataFolder = (file: string): string =>
  /(?:^|[\\/])(collections[\\/][^\\/]+[\\/][^\\/]+)$/.exec(file)?.[1]?.replaceAll('\\', '/') ??
  basename(file);

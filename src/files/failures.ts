import { SnapshelfError } from '../errors.ts';

const full: readonly unknown[] = ['ENOSPC', 'EDQUOT'];
const denied: readonly unknown[] = ['EACCES', 'EPERM', 'EROFS'];
/** SQLITE_FULL, https://sqlite.org/rescode.html */
const fullDatabase = 13;

const isFull = (error: unknown, code: unknown): boolean =>
  full.includes(code) ||
  (error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === fullDatabase);

/**
 * The error to give the caller for an error of the file system met while writing `path`: `disk-full` for a full disk or
 * a used-up quota, also if SQLite met it, `not-writable` for a place that is read-only or belongs to somebody else. Returns every other error
 * unchanged.
 */
export function fileError(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (isFull(error, code))
    return new SnapshelfError(
      'disk-full',
      `There is no space left to write ${path}. Free some and try again.`,
      {
        cause: error,
      },
    );
  if (denied.includes(code))
    return new SnapshelfError(
      'not-writable',
      `Writing ${path} is not allowed (${code}). Allow it for this user, or name another place.`,
      { cause: error },
    );
  return error;
}

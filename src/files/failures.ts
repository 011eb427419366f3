import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import { sqliteCodeOf, sqliteCodes } from './sqlite-code.ts';

const full: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];
const denied: readonly unknown[] = ['EACCES', 'EPERM', 'EROFS'];

const isFull = (error: unknown, code: unknown): boolean =>
  full.includes(code) || sqliteCodeOf(error) === sqliteCodes.full;

/**
 * The error to give the caller for an error of the file system met while writing `path`: `disk-full` for a full disk,
 * a used-up quota or a file that is as large as it may be, also if SQLite met it, `not-writable` for a place that is read-only or belongs to somebody else. Returns every other error
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
  if (code === 'EISDIR')
    return new SnapshelfError('not-writable', `${path} cannot be written: it is a folder. Name a file.`, {
      cause: error,
    });
  if (denied.includes(code))
    return new SnapshelfError(
      'not-writable',
      `Writing ${path} is not allowed (${code})${ownerOf(path)}. Allow it for this user, or name another place.`,
      { cause: error },
    );
  return error;
}

/**
 * The error to give the caller for an error of the file system met while reading `path`: `not-readable` for what belongs to
 * somebody else. Returns every other error unchanged.
 */
export function readError(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (!denied.includes(code)) return error;
  return new SnapshelfError(
    'not-readable',
    `Reading ${path} is not allowed (${code})${ownerOf(path)}. Allow it for this user, or run as that one.`,
    { cause: error },
  );
}

/** True if this user may write to a folder or file. */
export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Looks whether this user may open a file where it is, for libraries that do not say why they could not.
 * @returns the error `not-readable` or `not-writable`; undefined if nothing stands in the way
 */
export function accessProblem(file: string, mode: 'read' | 'write'): unknown {
  const explain = mode === 'read' ? readError : fileError;
  const wanted = mode === 'read' ? constants.R_OK : constants.W_OK;
  for (const [path, bits] of [
    [dirname(file), wanted | constants.X_OK],
    [file, wanted],
  ] as const)
    try {
      accessSync(path, bits);
    } catch (error) {
      const explained = explain(error, path);
      if (explained !== error) return explained;
    }
  return undefined;
}

/** Names the owner of a path, or of the folder that it would be made in, where that is another user; else ''. */
function ownerOf(path: string): string {
  const own = process.getuid?.();
  const stats =
    statSync(path, { throwIfNoEntry: false }) ?? statSync(dirname(path), { throwIfNoEntry: false });
  if (own === undefined || stats === undefined || stats.uid === own) return '';
  return `: it belongs to ${nameOf(stats.uid)}, and this process runs as ${nameOf(own)}`;
}

const nameOf = (uid: number): string => (uid === 0 ? 'root' : `user ${uid}`);

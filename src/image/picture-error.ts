import { SnapshelfError } from '../errors.ts';
import { UnfitFile } from '../files/index.ts';

/** Codes of the file system that concern the one file that was opened or read, not the process or the whole disk. */
const fileCodes: ReadonlySet<unknown> = new Set([
  'ENOENT',
  'EACCES',
  'EPERM',
  'EISDIR',
  'ENOTDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'EIO', // a bad sector, mostly
]);

/** System calls that read: the same codes of a write concern something else. */
const readingCalls: ReadonlySet<unknown> = new Set(['open', 'read', 'stat', 'lstat', 'fstat']);

/**
 * True if `error` concerns only the picture that was read or decoded, so that other pictures may still succeed: its
 * bytes are refused (`image-*`), or its file cannot be read. A full disk, too many open files, lack of memory, a dead
 * worker or a failed model are not the picture's fault.
 */
export function isPictureError(error: unknown): error is Error {
  if (error instanceof SnapshelfError) return error.code.startsWith('image-');
  if (error instanceof UnfitFile) return true;
  return (
    error instanceof Error &&
    'code' in error &&
    'syscall' in error &&
    fileCodes.has(error.code) &&
    readingCalls.has(error.syscall)
  );
}

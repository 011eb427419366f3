import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type ErrorCode, SnapshelfError } from '../errors.ts';

// Without O_NONBLOCK, opening a named pipe waits for a writer and holds a thread of libuv's pool, or the caller, for ever.
const readOnly = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Something that is not read: no file, or a larger one than is read. */
export class UnfitFile extends RangeError {
  readonly reason: 'kind' | 'size';

  constructor(reason: 'kind' | 'size', message: string) {
    super(message);
    this.reason = reason;
  }
}

function check(stats: Stats, limit: number): void {
  if (!stats.isFile()) throw new UnfitFile('kind', 'it is a folder, a pipe or a device, not a file');
  if (stats.size > limit) throw new UnfitFile('size', `it has ${stats.size} bytes, more than ${limit}`);
}

/**
 * Opens a file to read it, and only a file: never waits for a named pipe, never reads a device.
 * @param limit most bytes that it may have
 * @throws UnfitFile; the file system's error.
 */
export async function openFile(
  path: string,
  limit: number,
): Promise<{ readonly file: FileHandle; readonly size: number }> {
  const file = await open(path, readOnly);
  try {
    const stats = await file.stat();
    check(stats, limit);
    return { file, size: stats.size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * The bytes of a file, of one that grows meanwhile those that it had.
 * @param limit most bytes that it may have
 * @throws UnfitFile; the file system's error.
 */
export async function readFileWithin(path: string, limit: number): Promise<Buffer<ArrayBuffer>> {
  const { file, size } = await openFile(path, limit);
  await using _ = file;
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

/**
 * Reads a file that a user named.
 * @param limit most bytes that it may have
 * @param subject what the message calls it; default its path
 * @throws SnapshelfError `code` if it cannot be read, with the reason.
 */
export const readInput = (
  path: string,
  limit: number,
  code: ErrorCode,
  subject = path,
): Promise<Buffer<ArrayBuffer>> =>
  readFileWithin(path, limit).catch((cause: Error) => {
    throw new SnapshelfError(code, `${subject} cannot be read: ${cause.message}.`, { cause });
  });

/** Calls `read` with an open file and its size; otherwise as `openFile`. */
export function withFileSync<T>(path: string, limit: number, read: (file: number, size: number) => T): T {
  const file = openSync(path, readOnly);
  try {
    const stats = fstatSync(file);
    check(stats, limit);
    return read(file, stats.size);
  } finally {
    closeSync(file);
  }
}

/** `length` bytes of an open file from `position` on; fewer where it ends. */
export function readSyncAt(file: number, position: number, length: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSyncInto(file, position, bytes));
}

/** Fills `target` from `position` of an open file on. Returns the number of bytes, fewer where the file ends. */
export function readSyncInto(file: number, position: number, target: NodeJS.ArrayBufferView): number {
  let read = 0;
  while (read < target.byteLength) {
    const count = readSync(file, target, read, target.byteLength - read, position + read);
    if (count === 0) break;
    read += count;
  }
  return read;
}

/** The lines of a text with their numbers from 1, one at a time: a list of them could be many times the text. */
export function* linesOf(text: string): Generator<readonly [line: string, number: number]> {
  let number = 0;
  for (let start = 0; start <= text.length; ) {
    const end = text.indexOf('\n', start);
    number += 1;
    yield [text.slice(start, end < 0 ? undefined : end), number];
    start = end < 0 ? text.length + 1 : end + 1;
  }
}

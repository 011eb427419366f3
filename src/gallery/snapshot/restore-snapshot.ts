import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { RestoreProgress } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { fileError, withDescriptor, withFileSync } from '../../files/index.ts';
import { asClause } from '../../json/index.ts';
import { databaseName } from '../storage/collection-file.ts';
import { Database } from '../storage/database.ts';
import { copyBytes } from './copy-bytes.ts';
import { copyCollection } from './copy-collection.ts';
import { limitHeap, openForeign } from './foreign-file.ts';
import { invalidSnapshot, readHeader } from './header.ts';
import { type RestoreTask, unpackedFile } from './run-restore.ts';

/**
 * Unpacks the database of a snapshot.
 * @throws SnapshelfError `snapshot-invalid` unless every byte is as its header says.
 */
function unpack(path: string, file: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw invalidSnapshot(path, 'there is no such file');
  withFileSync(path, Number.MAX_SAFE_INTEGER, (from, size) => {
    const { header, length } = readHeader(from, path);
    if (size !== length + header.bytes)
      throw invalidSnapshot(path, `it should have ${length + header.bytes} bytes, not ${size}`);
    const sha256 = withDescriptor(file, 'wx', (to) => copyBytes(from, length, to));
    if (sha256 !== header.sha256) throw invalidSnapshot(path, 'its SHA-256 is not that of its header');
  });
}

async function restore(
  { path, folder, keepGps = false }: RestoreTask,
  onProgress: (progress: RestoreProgress) => void,
): Promise<number> {
  const file = join(folder, unpackedFile);
  unpack(path, file);
  using scratch = new Database(':memory:');
  limitHeap(scratch);
  using foreign = openForeign(file);
  return await copyCollection(foreign, join(folder, databaseName), { keepGps, onProgress });
}

/** Returns the reason of an error, without the advice for a collection that is damaged: there is none. */
function reasonOf(error: unknown): string {
  if (error instanceof SnapshelfError && typeof error.details['why'] === 'string')
    return error.details['why'];
  return error instanceof Error ? asClause(error.message) : String(error);
}

const fromHere: readonly string[] = ['snapshot-invalid', 'disk-full', 'not-writable'];

/** Returns the error for the caller: a snapshot that is not accepted is `snapshot-invalid`, whatever it failed by. */
function translate(thrown: unknown, { path, folder }: RestoreTask): unknown {
  const error = fileError(thrown, folder);
  if (error instanceof SnapshelfError && fromHere.includes(error.code)) return error;
  return invalidSnapshot(path, reasonOf(error), error);
}

/**
 * Makes a collection's database from a snapshot, in this process: SQLite may take only so much memory in it from then on.
 * Returns the number of pictures from which a place was removed.
 * @throws SnapshelfError `snapshot-invalid`, `disk-full`, `not-writable`.
 */
export async function restoreSnapshot(
  task: RestoreTask,
  onProgress: (progress: RestoreProgress) => void,
): Promise<number> {
  try {
    return await restore(task, onProgress);
  } catch (error) {
    throw translate(error, task);
  }
}

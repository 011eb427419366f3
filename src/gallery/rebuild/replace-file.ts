import { fsyncSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import { renameDurablySync, withDescriptor } from '../../files/index.ts';
import { Database } from '../storage/database.ts';
import { removeDatabase, removeLog } from '../storage/remove-database.ts';
import type { Settings } from '../storage/settings.ts';
import { CopyTarget } from './copy-target.ts';

/** Bytes that have to be free besides those of the new file. */
const spare = 16 * 1024 * 1024;

/** The new file, in the same folder until it is whole. A process that was killed leaves it behind, to be removed. */
const rebuiltFile = (file: string): string => join(dirname(file), 'rebuilt.sqlite');

/** Removes what a process that was killed has left of a new file. */
export const removeRebuilt = (file: string): void => removeDatabase(rebuiltFile(file));

/**
 * Makes a new file of a collection and puts it into the place of the old one: at every moment one of the two is whole
 * under its name. The folder is locked, so nobody else writes.
 * @param build fills the new file, and finishes it
 * @throws SnapshelfError `disk-full`, and what `build` throws: the old file stays as it was then.
 */
export function replaceFile(file: string, settings: Settings, build: (target: CopyTarget) => void): void {
  removeRebuilt(file);
  checkSpace(file);
  const rebuilt = rebuiltFile(file);
  const target = new CopyTarget(rebuilt, settings);
  try {
    build(target);
    takeUpLog(file);
  } catch (error) {
    target.abandon();
    throw error;
  }
  // The log is of the old file: SQLite would write it into the new one.
  removeLog(file);
  renameDurablySync(rebuilt, file);
}

/** Writes the log into the old file, which is whole without it then. */
function takeUpLog(file: string): void {
  const database = new Database(file);
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false });
  if (log !== undefined && log.size > 0)
    throw new SnapshelfError('gallery-locked', `Another process reads ${file}; stop it and try again.`);
  // A log that came back after a power cut would be put over the new file.
  if (log !== undefined) withDescriptor(`${file}-wal`, 'r+', fsyncSync);
}

function checkSpace(file: string): void {
  const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const needed = Math.ceil(1.1 * (sizeOf(file) + sizeOf(`${file}-wal`))) + spare;
  const { bavail, bsize } = statfsSync(dirname(file));
  const free = bavail * bsize;
  if (free >= needed) return;
  throw new SnapshelfError(
    'disk-full',
    `Making ${file} anew takes ${megabytes(needed)} MB of free space, of which there are ${megabytes(free)}. Free some and try again.`,
    { details: { needed, free } },
  );
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6);

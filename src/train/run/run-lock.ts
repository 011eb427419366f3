import { lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import { FolderLock, type LockHolder } from '../../files/index.ts';

function busy(folder: string, holder: LockHolder | undefined): SnapshelfError {
  const who = holder === undefined ? 'Another process' : `The process ${holder.pid} on ${holder.host}`;
  return new SnapshelfError('run-busy', `${who} trains in ${folder}. Wait for its end, or stop it.`);
}

const foreign = (file: string): SnapshelfError =>
  new SnapshelfError('run-invalid', `${file} is not the empty file that Snapshelf makes. Move it away.`);

/** Removes the lock file of versions before 0.2, which is not looked at: it names a process that may be another's by now. */
function removeFormerLock(folder: string): void {
  const path = join(folder, 'run.lock');
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile()) rmSync(path, { force: true });
}

/**
 * Keeps other processes out of a run folder until the lock is released or the process ends, however it ends.
 * @throws SnapshelfError `run-busy` that names the process that trains there, `run-invalid`, `disk-full`, `not-writable`.
 */
export function lockRun(folder: string): FolderLock {
  const lock = new FolderLock(folder, {
    name: 'run-lock',
    busy: (holder) => busy(folder, holder),
    foreign,
  });
  removeFormerLock(folder);
  return lock;
}

import { SnapshelfError } from '../../errors.ts';
import { FolderLock, type LockHolder } from '../../files/index.ts';

const beside = 'Stop it, or talk to it over HTTP if it is a server';

/**
 * Takes the right to write to a data folder.
 * @param wayOut what to do about a folder that is in use
 * @throws SnapshelfError `gallery-locked`, which names the process that holds the folder; `gallery-damaged` for a lock
 * that is not ours; `disk-full`, `not-writable`.
 */
export const lockDataFolder = (directory: string, wayOut: string = beside): FolderLock =>
  new FolderLock(directory, {
    name: 'lock',
    busy: (holder) => locked(directory, holder, wayOut),
    foreign: (file) =>
      new SnapshelfError('gallery-damaged', `${file} is not the empty file that Snapshelf made. Remove it.`),
  });

function locked(directory: string, holder: LockHolder | undefined, wayOut: string): SnapshelfError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid}`;
  return new SnapshelfError(
    'gallery-locked',
    `The data folder ${directory} is in use by ${who}. ${wayOut}.`,
    {
      details: holder === undefined ? { directory } : { directory, pid: holder.pid },
    },
  );
}

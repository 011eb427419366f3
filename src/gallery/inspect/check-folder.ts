import { type Dirent, existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SnapshelfError } from '../../errors.ts';

/** Folders that this program makes in a data folder. */
const ownFolders: readonly string[] = ['collections', 'models', 'evaluations', 'duplicates', 'webhooks'];
const ownFiles: readonly string[] = ['lock.sqlite', 'lock.json', 'server.json', 'server.json.tmp', 'reserve'];

const entriesOf = (directory: string): Dirent[] => readdirSync(directory, { withFileTypes: true });

/** None where the folder is gone: a writer beside a reader removes old indexes. */
const entriesIfThere = (directory: string): Dirent[] => (existsSync(directory) ? entriesOf(directory) : []);

/** A link could lead anywhere, and a pipe is waited for. */
function requireFile(directory: string, entry: Dirent): void {
  if (entry.isFile()) return;
  refuse(join(directory, entry.name), 'is a link, or no file: put the file itself there');
}

function refuse(path: string, why: string): never {
  throw new SnapshelfError('gallery-damaged', `${path} ${why}.`);
}

/**
 * Checks that a data folder, which may have been copied from anywhere, has files and folders where the program expects
 * them: a link would let it write, and remove files, elsewhere. The data folder itself may be one.
 * @throws SnapshelfError `gallery-damaged`; `source-invalid` if it is no folder.
 */
export function checkDataFolder(directory: string): void {
  if (!statSync(directory).isDirectory())
    throw new SnapshelfError('source-invalid', `${directory} is a file, not a data folder. Name a folder.`);
  for (const entry of entriesOf(directory)) {
    if (ownFiles.includes(entry.name)) requireFile(directory, entry);
    if (ownFolders.includes(entry.name) && !entry.isDirectory())
      refuse(
        join(directory, entry.name),
        'is a link, or no folder: put the folder itself there, or link the data folder',
      );
  }
}

/** Checks a collection's folder and the folders of its indexes in the same way. @throws SnapshelfError `gallery-damaged`. */
export function checkCollectionFolder(directory: string): void {
  if (!lstatSync(directory).isDirectory()) refuse(directory, 'is a link, or no folder');
  for (const entry of entriesOf(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) for (const inner of entriesIfThere(path)) requireFile(path, inner);
    else requireFile(directory, entry);
  }
}

import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SnapshelfError } from '../errors.ts';

/** What this program makes in a data folder itself. */
const ownNames: readonly string[] = [
  'collections',
  'models',
  'evaluations',
  'lock.sqlite',
  'lock.json',
  'server.json',
  'server.json.tmp',
];

const refuse = (path: string, why: string): never => {
  throw new SnapshelfError('gallery-damaged', `${path} ${why}.`);
};

const isLink = (path: string): boolean => lstatSync(path).isSymbolicLink();

/**
 * Checks that a data folder, which may have been copied from anywhere, has no links in the places that are written to: a
 * link would let the program write, and remove files, elsewhere. The folder itself may be one. Throws `gallery-damaged`.
 */
export function checkDataFolder(directory: string): void {
  for (const name of readdirSync(directory))
    if (ownNames.includes(name) && isLink(join(directory, name)))
      refuse(
        join(directory, name),
        'is a link: put the file or folder itself there, or link the data folder',
      );
}

/** The same of a collection's folder and the folders of its indexes. Throws `gallery-damaged`. */
export function checkCollectionFolder(directory: string): void {
  if (!lstatSync(directory).isDirectory()) refuse(directory, 'is a link, or no folder');
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isSymbolicLink()) refuse(path, 'is a link: put the file itself there');
    if (entry.isDirectory())
      for (const name of readdirSync(path))
        if (isLink(join(path, name))) refuse(join(path, name), 'is a link: put the file itself there');
  }
}

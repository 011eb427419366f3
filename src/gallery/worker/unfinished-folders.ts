import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolderSync, renameDurablySync } from '../../files/index.ts';

/** A path for a folder that is being made or removed: no collection has such a name. */
const unfinished = (root: string, kind: 'new' | 'old'): string =>
  join(root, `.${kind}-${randomBytes(6).toString('hex')}`);

/** Makes a folder that becomes a collection's when it is renamed. Returns its path. */
export function makeUnfinished(root: string): string {
  const folder = unfinished(root, 'new');
  makeFolderSync(folder);
  return folder;
}

/**
 * Removes a folder, under another name: so it is gone at once, and a process of a restore, which may outlive its killed server by a
 * moment, puts no new files into it meanwhile.
 */
export function removeFolder(root: string, name: string): void {
  const doomed = unfinished(root, 'old');
  renameDurablySync(join(root, name), doomed);
  rmSync(doomed, { recursive: true, force: true });
}

/** Removes the folders that a process which has ended was making or removing. */
export function removeUnfinished(root: string): void {
  for (const name of readdirSync(root)) if (/^\.(new|old)-/.test(name)) removeFolder(root, name);
}

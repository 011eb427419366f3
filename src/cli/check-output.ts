import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import { fileError } from '../files/index.ts';

const impossible = (path: string, why: string): SnapshelfError =>
  new SnapshelfError('not-writable', `The file ${path} cannot be written: ${why}. Name another place.`);

const statsOf = (path: string) => stat(path).catch(() => undefined);

/**
 * Checks before the work that its output can be written after it. Folders that are missing are made with the file.
 * @throws SnapshelfError `not-writable`
 */
export async function checkOutput(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const found = await statsOf(path);
    if (found?.isDirectory()) throw impossible(path, 'it is a folder');
    // A file is written beside it and given its name, which would take the place of a device.
    if (found !== undefined && !found.isFile()) throw impossible(path, 'it is a device, or no plain file');
    let folder = dirname(resolve(path));
    while ((await statsOf(folder)) === undefined && dirname(folder) !== folder) folder = dirname(folder);
    if (!(await statsOf(folder))?.isDirectory()) throw impossible(path, `${folder} is no folder`);
    await access(folder, constants.W_OK).catch((error: unknown) => {
      throw fileError(error, folder);
    });
  }
}

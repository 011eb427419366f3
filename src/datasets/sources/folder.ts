import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { shown } from '../../json/index.ts';
import { invalidSource, listSome } from './invalid-source.ts';
import { byId, type Dataset, idProblem, type Sample } from './sample.ts';

/** The extensions of picture files, in upper or lower case. */
const pictureExtensions: readonly string[] = ['.jpg', '.jpeg', '.jfif', '.png', '.webp', '.avif', '.gif'];

interface Found {
  /** Paths relative to the source, with `/`. */
  readonly pictures: string[];
  skipped: number;
}

type Kind = 'folder' | 'file' | 'other';

async function kindOf(entry: Dirent, path: string): Promise<Kind> {
  // A link that leads nowhere is neither.
  const target = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
  if (target?.isDirectory()) return 'folder';
  return target?.isFile() ? 'file' : 'other';
}

/**
 * Collects the pictures of a folder.
 *
 * @param above - the real paths of the folders that contain it: a link back to one of them is not followed
 */
async function walk(root: string, folder: string, above: readonly string[], found: Found): Promise<void> {
  const path = join(root, folder);
  const real = await realpath(path);
  if (above.includes(real)) return;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const kind = await kindOf(entry, join(root, name));
    if (kind === 'folder') await walk(root, name, [...above, real], found);
    else if (kind === 'file' && pictureExtensions.includes(extname(entry.name).toLowerCase()))
      found.pictures.push(name);
    else found.skipped++;
  }
}

function toSample(root: string, id: string): Sample {
  const folder = id.includes('/') ? id.slice(0, id.lastIndexOf('/')) : '';
  const label = folder === '' ? basename(root) : folder;
  return { id, path: join(root, id), label };
}

function checkNames(source: string, ids: readonly string[]): void {
  const wrong = ids.flatMap((id) => {
    const problem = idProblem(id);
    return problem === undefined ? [] : [`${shown(id)} ${problem}`];
  });
  if (wrong.length > 0)
    throw invalidSource(`Some names in ${source} cannot be item ids. Rename them: ${listSome(wrong)}.`);
}

/**
 * Reads the pictures of a folder, at any depth. A picture's id is its path relative to the folder. Its label is
 * the path of the folder that contains it, or the source's own name for pictures directly in it. Hidden files and folders
 * are ignored; links are followed.
 *
 * @throws SnapshelfError `source-invalid` if the folder cannot be read or has no picture
 */
export async function readFolder(source: string): Promise<Dataset> {
  const root = resolve(source);
  const found: Found = { pictures: [], skipped: 0 };
  await walk(root, '', [], found).catch((cause: unknown) => {
    throw invalidSource(`The folder ${source} cannot be read.`, { cause });
  });
  if (found.pictures.length === 0)
    throw invalidSource(
      `There is no picture in ${source}, at any depth. Pictures end in ${pictureExtensions.join(', ')}; there are ${found.skipped} other files.`,
    );
  checkNames(source, found.pictures);
  const samples = found.pictures.map((id) => toSample(root, id)).sort(byId);
  return { source, samples, skipped: found.skipped };
}

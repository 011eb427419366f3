import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { shown } from '../json/index.ts';
import { invalidSource, listSome } from './invalid-source.ts';
import { byId, type Dataset, idProblem, type Sample } from './sample.ts';

/** File names that are taken for pictures, in any case. */
export const pictureExtensions: readonly string[] = [
  '.jpg',
  '.jpeg',
  '.jfif',
  '.png',
  '.webp',
  '.avif',
  '.gif',
];

interface Found {
  /** Relative to the source, with `/`. */
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

/** `above` holds the real paths of the folders that are being walked: a link back to one of them is not followed. */
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
  return { id, path: join(root, id), label, productId: label };
}

function checkNames(source: string, ids: readonly string[]): void {
  const wrong = ids.flatMap((id) => {
    const problem = idProblem(id);
    return problem === undefined ? [] : [`${shown(id)} ${problem}`];
  });
  if (wrong.length > 0)
    throw invalidSource(`Some names in ${source} cannot be item ids; rename them`, { list: listSome(wrong) });
}

/**
 * The pictures of a folder, at any depth. A picture's id is its path relative to the folder, its label and product the
 * path of the folder that it is in (the source's own name for pictures that lie directly in it). Hidden files and
 * folders are passed over, links are followed.
 * @throws SnapshelfError `source-invalid` when the folder cannot be read, or holds no picture.
 */
export async function readFolder(source: string): Promise<Dataset> {
  const root = resolve(source);
  const found: Found = { pictures: [], skipped: 0 };
  await walk(root, '', [], found).catch((cause: unknown) => {
    throw invalidSource(`The folder ${source} cannot be read`, { cause });
  });
  if (found.pictures.length === 0)
    throw invalidSource(
      `There is no picture in ${source}, at any depth: looked for files that end in ${pictureExtensions.join(', ')}, found ${found.skipped} others`,
    );
  checkNames(source, found.pictures);
  const samples = found.pictures.map((id) => toSample(root, id)).sort(byId);
  return { source, samples, skipped: found.skipped };
}

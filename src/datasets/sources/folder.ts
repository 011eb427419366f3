import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { shown } from '../../json/index.ts';
import { canonical, shownBytes } from '../../text.ts';
import { invalidSource, listSome } from './invalid-source.ts';
import { describeLeftOut, type LeftOut, type LeftOutKind } from './left-out.ts';
import { fileProblem, folderProblem, pictureExtensions } from './names.ts';
import { byId, type Dataset, idProblem, type Sample } from './sample.ts';

/** The files of a folder, at any depth. */
export interface FoundFiles {
  /** Paths of pictures, relative to the folder, with `/`. */
  readonly pictures: string[];
  readonly leftOut: LeftOut[];
}

/** A folder that is looked through, and where it lies. */
interface Place {
  readonly root: string;
  /** Relative to the root, with `/`; empty for the root. */
  readonly folder: string;
  /** The real paths of the folders that contain it: a link back to one of them is not followed. */
  readonly above: readonly string[];
}

type Target = 'folder' | 'file' | 'nothing' | 'other';

async function targetOf(entry: Dirent<Buffer>, path: string): Promise<Target> {
  const target = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
  if (target === undefined) return 'nothing';
  if (target.isDirectory()) return 'folder';
  return target.isFile() ? 'file' : 'other';
}

async function look({ root, folder, above }: Place, entry: Dirent<Buffer>, found: FoundFiles): Promise<void> {
  const within = folder === '' ? '' : `${folder}/`;
  const leaveOut = (kind: LeftOutKind, name: string, reason?: string): void => {
    found.leftOut.push({ kind, path: `${within}${name}`, reason });
  };
  // Such a name has no path as text: only that one file is lost.
  if (!isUtf8(entry.name)) return leaveOut('name-not-utf8', shownBytes(entry.name));
  const name = entry.name.toString();
  const target = await targetOf(entry, join(root, within, name));
  if (target === 'other') return leaveOut('link', name);
  // A link to nothing may be one to a folder. Hidden ones, as editors make, lead to no pictures.
  const problem = target === 'file' ? fileProblem(name) : folderProblem(name);
  if (problem !== undefined) return leaveOut(problem, name);
  if (target === 'nothing') return leaveOut('link-to-nothing', name);
  if (target === 'file') found.pictures.push(`${within}${name}`);
  else
    await walk({ root, folder: `${within}${name}`, above }, found).catch((error: NodeJS.ErrnoException) => {
      if (error.code === undefined) throw error;
      leaveOut('unreadable', name, error.message);
    });
}

async function walk({ root, folder, above }: Place, found: FoundFiles): Promise<void> {
  const path = join(root, folder);
  const real = await realpath(path);
  if (above.includes(real)) {
    found.leftOut.push({ kind: 'link', path: folder });
    return;
  }
  const inside = { root, folder, above: [...above, real] };
  for (const entry of await readdir(path, { withFileTypes: true, encoding: 'buffer' }))
    await look(inside, entry, found);
}

/**
 * Finds the pictures of a folder by the endings of their names, at any depth.
 *
 * @throws SnapshelfError `source-invalid` if the folder itself cannot be read
 */
export async function findPictures(source: string): Promise<FoundFiles> {
  const found: FoundFiles = { pictures: [], leftOut: [] };
  await walk({ root: resolve(source), folder: '', above: [] }, found).catch((cause: unknown) => {
    throw invalidSource(`The folder ${source} cannot be read.`, { cause });
  });
  return found;
}

function toSample(root: string, path: string): Sample {
  const id = canonical(path);
  const label = id.includes('/') ? id.slice(0, id.lastIndexOf('/')) : canonical(basename(root));
  return { id, path: join(root, path), label };
}

function withoutId({ id }: Sample): LeftOut[] {
  const reason = idProblem(id);
  return reason === undefined ? [] : [{ kind: 'name-not-an-id', path: id, reason }];
}

/** Refuses two files whose names differ only in how their characters are written: they would be one item. */
function checkUnique(source: string, sorted: readonly Sample[]): void {
  const twice = sorted.filter(({ id }, at) => sorted[at - 1]?.id === id).map(({ id }) => shown(id));
  if (twice.length > 0)
    throw invalidSource(
      `${source} has two files of one name, which differ only in how characters with accents are written (Unicode NFC and NFD). Rename or remove one: ${listSome(twice)}.`,
    );
}

/**
 * Reads the pictures of a folder, at any depth. A picture's id is its path relative to the folder. Its label is the path of the folder that contains it, or the source's own name for pictures directly in it. Hidden files and
 * folders and those of the system are passed over; links are followed.
 *
 * @throws SnapshelfError `source-invalid` if the folder cannot be read or has no picture, or two of one name
 */
export async function readFolder(source: string): Promise<Dataset> {
  const root = resolve(source);
  const { pictures, leftOut: passedOver } = await findPictures(source);
  const all = pictures.map((path) => toSample(root, path));
  const samples = all.filter(({ id }) => idProblem(id) === undefined).sort(byId);
  const leftOut = [...passedOver, ...all.flatMap(withoutId)];
  if (samples.length === 0) {
    const rest = leftOut.length === 0 ? 'The folder is empty' : `The reader ${describeLeftOut(leftOut)}`;
    throw invalidSource(
      `There is no picture in ${source}, at any depth. Pictures end in ${pictureExtensions.join(', ')}. ${rest}.`,
    );
  }
  checkUnique(source, samples);
  return { source, samples, leftOut, notes: [] };
}

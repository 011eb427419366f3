import type { Json } from 'snapshelf/client';

/** A file that was given: where it stands below what was given, and how to read it. */
export interface GivenFile {
  /** With slashes, without the folder that was chosen. */
  readonly path: string;
  readonly read: () => Promise<Blob>;
}

/** A picture to import. */
export interface Entry {
  readonly id: string;
  readonly read: () => Promise<Blob>;
  readonly label?: string;
  readonly productId?: string;
  readonly split?: string;
  readonly metadata?: Readonly<Record<string, Json>>;
}

/** Something that is not imported, and why. */
export interface LeftOut {
  readonly id: string;
  readonly reason: string;
}

/** The pictures that are to be imported, and what is not. */
export interface Plan {
  readonly entries: readonly Entry[];
  readonly leftOut: readonly LeftOut[];
}

/** True for the name of a picture that the server may be able to read. */
export const isPicture = (path: string): boolean => /\.(jpe?g|jpe|jfif|png|webp|avif|gif)$/i.test(path);

/** Returns the path of the folder of a path; '' for a file that stands in none. */
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Returns the type of a file name: its letters behind the last point. */
export const extensionOf = (path: string): string => /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';

/** True for what systems put beside the user's own files. */
export const isHidden = (path: string): boolean => /(^|\/)(\.|__MACOSX\/)/.test(path);

/** Returns the paths without the folder that all of them stand in: it was chosen, and is part of no id. */
export function withoutRoot(files: readonly GivenFile[]): readonly GivenFile[] {
  const own = files.filter(({ path }) => !isHidden(path));
  const root = own[0]?.path.split('/')[0] ?? '';
  if (root === '' || !own.every(({ path }) => path.startsWith(`${root}/`))) return files;
  return files.map(({ path, read }) => ({
    path: path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path,
    read,
  }));
}

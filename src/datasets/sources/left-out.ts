import { extname } from 'node:path';
import { counted, listed, visible } from '../../text.ts';

/** The reason why a reader passed something over. */
export type LeftOutKind =
  | 'unsupported-picture'
  | 'not-a-picture'
  | 'system-folder'
  | 'system-file'
  | 'hidden'
  | 'name-not-utf8'
  | 'name-not-an-id'
  | 'unreadable'
  | 'link-to-nothing'
  | 'link'
  | 'not-listed';

/**
 * The kinds that may hide pictures which are still there, a link to nothing those of a disk that is not mounted: who removes what
 * a source no longer has must not conclude anything from their absence.
 */
export const hidingKinds: ReadonlySet<LeftOutKind> = new Set([
  'unreadable',
  'name-not-utf8',
  'link-to-nothing',
]);

/** Something that a reader passed over. */
export interface LeftOut {
  readonly kind: LeftOutKind;
  /** Relative to the source, with `/`; bytes that are not UTF-8 as `\xE9`. */
  readonly path: string;
  /** More than the kind says, such as the error of the file system. */
  readonly reason?: string | undefined;
}

/** The things that a reader has to tell besides the pictures. Commands print it; a strict one fails if there is any. */
export interface Remarks {
  readonly leftOut: readonly LeftOut[];
  /** Sentences about what was read otherwise than written, such as blanks that were removed. */
  readonly notes: readonly string[];
}

/** The names that a line shows of one kind. */
const mostShown = 5;

/** Counts the endings of names, the most frequent first: `9 HEIC, 1 TIFF`. */
function endingsOf(paths: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const ending = visible(extname(path).slice(1, 12).toUpperCase()) || 'without an ending';
    counts.set(ending, (counts.get(ending) ?? 0) + 1);
  }
  const most = [...counts].sort(([, a], [, b]) => b - a);
  const rest = most.slice(mostShown).reduce((sum, [, count]) => sum + count, 0);
  const shown = most.slice(0, mostShown).map(([ending, count]) => `${count} ${ending}`);
  return [...shown, ...(rest > 0 ? [`${rest} others`] : [])].join(', ');
}

/** Lists the first names and the number of the others. */
const namesOf = (paths: readonly string[]): string =>
  listed(paths.slice(0, mostShown).map(visible), paths.length);

/** The words of each kind, in the order of what a user will want to mend. */
const descriptions: Readonly<Record<LeftOutKind, (paths: readonly string[]) => string>> = {
  'unsupported-picture': (paths) =>
    `${counted(paths.length, 'picture')} of formats that are not read (${endingsOf(paths)}): save them as JPEG, PNG, WebP or AVIF`,
  'name-not-utf8': (paths) =>
    `${counted(paths.length, 'file or folder', 'files or folders')} whose names are not UTF-8 (${namesOf(paths)}): rename them`,
  'name-not-an-id': (paths) =>
    `${counted(paths.length, 'picture')} whose names cannot be ids, because of backslashes, control characters or their length (${namesOf(paths)}): rename them`,
  unreadable: (paths) => `${counted(paths.length, 'folder')} that cannot be read (${namesOf(paths)})`,
  'link-to-nothing': (paths) =>
    `${counted(paths.length, 'link')} to nothing or to what cannot be reached (${namesOf(paths)})`,
  link: (paths) => `${counted(paths.length, 'link')} to a device or to a folder above (${namesOf(paths)})`,
  'not-listed': (paths) => `${counted(paths.length, 'picture')} that the data set does not list`,
  'not-a-picture': (paths) =>
    `${counted(paths.length, 'file')} that ${paths.length === 1 ? 'is no picture' : 'are no pictures'} (${endingsOf(paths)})`,
  'system-folder': (paths) => `${counted(paths.length, 'system folder')} (${namesOf(paths)})`,
  'system-file': (paths) => `${counted(paths.length, 'system file')} (${namesOf(paths)})`,
  hidden: (paths) =>
    `${counted(paths.length, 'hidden file or folder', 'hidden files or folders')} (${namesOf(paths)})`,
};

/** Describes in one line what was passed over, with counts by kind; empty if nothing was. */
export function describeLeftOut(leftOut: readonly LeftOut[]): string {
  if (leftOut.length === 0) return '';
  const parts = Object.entries(descriptions).flatMap(([kind, describe]) => {
    const paths = leftOut.filter((one) => one.kind === kind).map(({ path }) => path);
    return paths.length === 0 ? [] : [describe(paths)];
  });
  return `left out ${parts.join('; ')}`;
}

/** Describes all that a reader has to tell, a line for each; none if there is nothing. */
export function describeRemarks({ leftOut, notes }: Remarks): string[] {
  return [...notes.map((note) => `note: ${note}`), describeLeftOut(leftOut)].filter((line) => line !== '');
}

/** The remarks that a strict command fails for: all but the files that systems leave in every folder that they show. */
export const withoutSystemFiles = ({ leftOut, notes }: Remarks): Remarks => ({
  leftOut: leftOut.filter(({ kind }) => kind !== 'system-file'),
  notes,
});

/** Joins what the readers of several sources have to tell. */
export const joinRemarks = (remarks: readonly Remarks[]): Remarks => ({
  leftOut: remarks.flatMap(({ leftOut }) => leftOut),
  notes: remarks.flatMap(({ notes }) => notes),
});

import { unzip, unzipSync } from 'fflate';
import { english } from '../../english.ts';
import { extensionOf, type GivenFile, withoutRoot } from './entry.ts';

/** Names below which a ZIP archive does not hold what was put into it. */
const isFolder = (name: string): boolean => name.endsWith('/');

/** Lists the files of a ZIP archive; each is unpacked when it is read. @throws RangeError if it is no archive. */
async function filesOfZip(zip: File): Promise<GivenFile[]> {
  const bytes = new Uint8Array(await zip.arrayBuffer());
  const names: string[] = [];
  try {
    unzipSync(bytes, {
      filter: ({ name }) => {
        if (!isFolder(name)) names.push(name);
        return false;
      },
    });
  } catch {
    throw new RangeError(english.import.reasons.zip(zip.name));
  }
  const readOne = (wanted: string): Promise<Blob> =>
    new Promise((resolve, reject) => {
      unzip(bytes, { filter: ({ name }) => name === wanted }, (error, files) => {
        const unpacked = files?.[wanted];
        if (error !== null || unpacked === undefined) reject(new RangeError(english.import.reasons.unpack));
        else resolve(new Blob([unpacked as Uint8Array<ArrayBuffer>]));
      });
    });
  return names.map((path) => ({ path, read: () => readOne(path) }));
}

/** Returns the files that were chosen: those of a folder, or of a ZIP archive, or as they are. */
export async function givenFiles(
  chosen: readonly { file: File; path: string }[],
): Promise<readonly GivenFile[]> {
  const [first] = chosen;
  if (chosen.length === 1 && first !== undefined && extensionOf(first.path) === 'zip')
    return withoutRoot(await filesOfZip(first.file));
  // Read here: a file that is gone or changed since it was chosen would break the request that carries it.
  return withoutRoot(
    chosen.map(({ file, path }) => ({ path, read: async () => new Blob([await file.arrayBuffer()]) })),
  );
}

async function filesBelow(entry: FileSystemEntry, path: string): Promise<{ file: File; path: string }[]> {
  if (entry.isFile)
    return new Promise((resolve, reject) =>
      (entry as FileSystemFileEntry).file(
        (file) => resolve([{ file, path: `${path}${entry.name}` }]),
        reject,
      ),
    );
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: { file: File; path: string }[] = [];
  // A reader gives at most 100 entries at a time.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return found;
    for (const one of some) found.push(...(await filesBelow(one, `${path}${entry.name}/`)));
  }
}

/** Returns the files of a drop, those of folders included. */
export async function droppedFiles(data: DataTransfer): Promise<{ file: File; path: string }[]> {
  // The list is empty as soon as the event is over.
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const found = await Promise.all(entries.map((entry) => filesBelow(entry, '')));
  return found.flat();
}

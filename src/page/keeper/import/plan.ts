import { english } from '../../english.ts';
import {
  type Entry,
  extensionOf,
  folderOf,
  type GivenFile,
  isHidden,
  isPicture,
  type LeftOut,
  type Plan,
} from './entry.ts';
import { planTable } from './manifest.ts';

const { reasons } = english.import;

/** Pictures that browsers or cameras make, and Snapshelf does not read. */
const unread = /^(heic|heif|hif|tiff?|bmp|jp2|jxl|svg|psd|raw|dng|cr[23]|nef|arw|orf|rw2|raf)$/;

/** Says why a file of an ending is not imported. */
function reasonOf(extension: string): string {
  if (unread.test(extension)) return reasons.unreadPicture(extension);
  return extension === 'zip' ? reasons.archive : reasons.noPicture(extension);
}

const isTable = (extension: string): boolean => /^(csv|jsonl|ndjson)$/.test(extension);

/** Plans the import of a folder: the path of a picture is its id, the path of its folder the label. */
function planFolder(files: readonly GivenFile[]): Plan {
  const entries: Entry[] = [];
  const leftOut: LeftOut[] = [];
  for (const file of files) {
    const id = file.path.normalize('NFC');
    if (isHidden(id)) leftOut.push({ id, reason: reasons.hidden });
    else if (!isPicture(id)) leftOut.push({ id, reason: reasonOf(extensionOf(id)) });
    else {
      const label = folderOf(id);
      entries.push({ id, read: file.read, ...(label !== '' && { label }) });
    }
  }
  return { entries, leftOut };
}

/**
 * Plans an import of the files that were given: by the table among them, else by their folders.
 * @throws RangeError for several tables, or one that is none.
 */
export async function planImport(files: readonly GivenFile[]): Promise<Plan> {
  const tables = files.filter((file) => isTable(extensionOf(file.path)) && !isHidden(file.path));
  const [table] = tables;
  if (tables.length > 1) throw new RangeError(reasons.tables(tables.length));
  return table === undefined ? planFolder(files) : planTable(table, files);
}

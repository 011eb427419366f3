import type { Stats } from 'node:fs';
import { lstat, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileWithin, writeAtomically } from '../../files/index.ts';
import { FileLog } from './file-log.ts';
import { ProcessLeases } from './process-leases.ts';
import { checkRecordPath, leaseLost, recordChanged } from './record-errors.ts';
import type {
  RecordConditions,
  RecordEntry,
  RecordLog,
  RecordLogOptions,
  Records,
  StoredRecord,
} from './records.ts';

const versionOf = ({ ino, size, mtimeMs }: Stats): string => `${ino} ${size} ${mtimeMs}`;

/** Names of files that are not whole yet begin with a dot. */
const isWhole = (name: string): boolean => !name.startsWith('.');

/** Records that are the files of a data folder. Leases are those of this process. */
export class FolderRecords extends ProcessLeases implements Records {
  readonly areShared: boolean;
  readonly #folder: string;
  /** The last write of each path that is not over. */
  readonly #writes = new Map<string, Promise<unknown>>();

  /** @param areShared true where no lock keeps other processes from the folder */
  constructor(folder: string, areShared = false) {
    super();
    this.#folder = folder;
    this.areShared = areShared;
  }

  placeOf(path: string): string {
    return join(this.#folder, path);
  }

  async versionOf(path: string): Promise<string | undefined> {
    const found = await this.#look(path);
    return found && versionOf(found);
  }

  async read(path: string, maxBytes: number): Promise<StoredRecord | undefined> {
    const found = await this.#look(path);
    if (found === undefined) return undefined;
    if (!found.isFile()) throw new RangeError('It is a link or no regular file.');
    return { content: await readFileWithin(this.placeOf(path), maxBytes), version: versionOf(found) };
  }

  async list(folder: string, name?: string): Promise<RecordEntry[]> {
    const entries = await readdir(this.placeOf(folder), { withFileTypes: true }).catch(() => []);
    const found: RecordEntry[] = [];
    for (const entry of entries.filter((one) => isWhole(one.name))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) found.push(...(await this.list(path, name)));
      else if (entry.isFile() && (name === undefined || entry.name === name)) {
        const stats = await this.#look(path);
        if (stats !== undefined)
          found.push({ path, bytes: stats.size, at: stats.mtimeMs, version: versionOf(stats) });
      }
    }
    return found.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  write(
    path: string,
    content: string | Uint8Array,
    { expected, lease }: RecordConditions = {},
  ): Promise<string> {
    checkRecordPath(path);
    // One after the other: the last that was begun is what stays, and what is compared stays so until it is written.
    const done = (this.#writes.get(path) ?? Promise.resolve()).then(() =>
      this.#write(path, content, { expected, lease }),
    );
    const over = done
      .catch(() => {})
      .then(() => void (this.#writes.get(path) === over && this.#writes.delete(path)));
    this.#writes.set(path, over);
    return done;
  }

  async remove(path: string): Promise<void> {
    await rm(this.placeOf(path), { recursive: true, force: true });
  }

  openLog(name: string, options?: RecordLogOptions): RecordLog {
    return new FileLog(this.#folder, name, options);
  }

  async #write(
    path: string,
    content: string | Uint8Array,
    { expected, lease }: RecordConditions,
  ): Promise<string> {
    if (lease !== undefined && !this.isHeld(lease)) throw leaseLost(lease.name);
    if (expected !== undefined && ((await this.versionOf(path)) ?? null) !== expected)
      throw recordChanged(this.placeOf(path));
    // For this user alone.
    const make = (file: string) => writeFile(file, content, { flag: 'wx', mode: 0o600 });
    await writeAtomically(this.placeOf(path), make);
    return (await this.versionOf(path)) ?? '';
  }

  async #look(path: string): Promise<Stats | undefined> {
    try {
      return await lstat(this.placeOf(path));
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  }
}

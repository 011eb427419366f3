import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordLog, RecordLogOptions } from './records.ts';

/** Files that are kept besides the one that is written: the newest is `audit.1.jsonl`. */
const olderFiles = 4;

const flags =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  (constants.O_NOFOLLOW ?? 0) |
  (constants.O_NONBLOCK ?? 0);

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** A log in files of a data folder: `audit.jsonl`, and of the older ones `audit.1.jsonl` is the newest. */
export class FileLog implements RecordLog {
  readonly #path: (number: number) => string;
  readonly #fileBytes: number;
  #file: FileHandle | undefined;
  #bytes = 0;

  constructor(folder: string, name: string, { fileBytes = 16 * 2 ** 20 }: RecordLogOptions = {}) {
    this.#path = (number) => join(folder, number === 0 ? `${name}.jsonl` : `${name}.${number}.jsonl`);
    this.#fileBytes = fileBytes;
  }

  async append(lines: readonly string[]): Promise<void> {
    const text = lines.map((line) => `${line}\n`).join('');
    try {
      this.#file ??= await this.#open();
      if (this.#bytes > 0 && this.#bytes + text.length > this.#fileBytes) await this.#begin();
      await this.#file.appendFile(text);
      this.#bytes += Buffer.byteLength(text);
      await this.#file.datasync();
    } catch (error) {
      await this.#file?.close().catch(() => {});
      this.#file = undefined;
      throw error;
    }
  }

  async *lines(): AsyncGenerator<string> {
    for (let number = olderFiles; number >= 0; number -= 1)
      try {
        const file = await open(this.#path(number), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
        yield* file.readLines();
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #open(): Promise<FileHandle> {
    const file = await open(this.#path(0), flags, 0o600);
    const stats = await file.stat();
    this.#bytes = stats.size;
    if (stats.isFile()) return file;
    await file.close();
    throw new RangeError(`${this.#path(0)} is no file.`);
  }

  /** Begins a new file and removes the oldest. */
  async #begin(): Promise<void> {
    await this.close();
    await rm(this.#path(olderFiles), { force: true });
    for (let number = olderFiles; number > 0; number--)
      await rename(this.#path(number - 1), this.#path(number)).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    this.#file = await this.#open();
  }
}

import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { renameDurably } from './atomic.ts';
import { fileError } from './failures.ts';
import { makeFolder } from './folder.ts';

/** A file that is written piece by piece, and has its name only when it is whole. */
export class GrowingFile {
  readonly #path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** Starts a file, in a folder that is made if it is missing. @throws SnapshelfError `disk-full`, `not-writable`. */
  static create(path: string): Promise<GrowingFile> {
    return writing(path, async () => {
      await makeFolder(dirname(path));
      return new GrowingFile(path, await open(partOf(path), 'w'));
    });
  }

  /** Writes at the end. @throws SnapshelfError `disk-full`. */
  append(content: string | Uint8Array): Promise<void> {
    return writing(this.#path, () => this.#file.appendFile(content));
  }

  /** Writes over the beginning. @throws SnapshelfError `disk-full`. */
  async overwriteStart(bytes: Uint8Array): Promise<void> {
    await writing(this.#path, () => this.#file.write(bytes, 0, bytes.length, 0));
  }

  /** Syncs and gives the file its name. @throws SnapshelfError `disk-full`, `not-writable`. */
  finish(): Promise<void> {
    return writing(this.#path, async () => {
      await this.#file.sync();
      await this.#file.close();
      await renameDurably(partOf(this.#path), this.#path);
    });
  }

  /** Removes the unfinished file. */
  async discard(): Promise<void> {
    await this.#file.close();
    await rm(partOf(this.#path), { force: true });
  }
}

const partOf = (path: string): string => `${path}.part`;

/** Does work on a file, with the errors of writing it. */
async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, path);
  }
}

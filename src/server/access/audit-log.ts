import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, silentLogger } from '../../log.ts';

/** A change that was asked for. It has no picture and no key. */
export interface AuditEntry {
  /** The key or the address that asked, or `command` for a command of this machine. */
  readonly who: {
    readonly key?: string;
    readonly name?: string;
    readonly address?: string;
    readonly command?: true;
  };
  /** The method and path of a request, or the operation and collection of a command. */
  readonly what: string;
  /** The HTTP status, or `ok` or the code of an error for a command. */
  readonly outcome: number | string;
  /** The id of the request. */
  readonly request?: string;
  /** Pictures or items that were sent. */
  readonly items?: number;
}

/** Options of an audit log. */
export interface AuditOptions {
  /** Bytes of a file, from which on a new one is begun. Default 16 MiB. */
  readonly fileBytes?: number | undefined;
  /** Default: silent. */
  readonly log?: Logger | undefined;
}

/** Files that are kept besides the one that is written: the newest is `audit.1.jsonl`. */
const olderFiles = 4;
/** Most lines that wait to be written. */
const maxWaiting = 10_000;
/** Milliseconds between two syncs. */
const syncMs = 1000;
/** Longest text of an entry. */
const maxCharacters = 2000;

const flags =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  (constants.O_NOFOLLOW ?? 0) |
  (constants.O_NONBLOCK ?? 0);

/**
 * The log of changes in a data folder, `audit.jsonl`: one JSON object per line. A line is written when its answer is sent and synced
 * to disk within a second. At 16 MiB a new file is begun; four older ones are kept. What cannot be written is dropped and counted,
 * and keeps nobody waiting.
 * @example
 * ```ts
 * import { Retriever } from 'snapshelf';
 * import { AuditLog, createApp } from 'snapshelf/server';
 *
 * const retriever = await Retriever.open('data');
 * createApp({ retriever, allow: 'write', audit: new AuditLog('data') });
 * ```
 */
export class AuditLog {
  readonly #path: (number: number) => string;
  readonly #fileBytes: number;
  readonly #log: Logger;
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;
  #file: FileHandle | undefined;
  #bytes = 0;
  #isClosed = false;
  readonly #wake = new AbortController();
  /** Entries that could not be written. */
  dropped = 0;

  constructor(data: string, { fileBytes = 16 * 2 ** 20, log = silentLogger }: AuditOptions = {}) {
    this.#path = (number) => join(data, number === 0 ? 'audit.jsonl' : `audit.${number}.jsonl`);
    this.#fileBytes = fileBytes;
    this.#log = log;
  }

  /** Writes an entry, with the time, soon. */
  write({ what, ...entry }: AuditEntry): void {
    const line = JSON.stringify({
      time: new Date().toISOString(),
      ...entry,
      what: what.slice(0, maxCharacters),
    });
    if (this.#isClosed || this.#waiting.length >= maxWaiting) this.dropped += 1;
    else this.#waiting.push(`${line}\n`);
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Writes what waits, syncs and closes the file. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake.abort();
    while (this.#writing !== undefined) await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      try {
        await this.#append(lines.join(''));
      } catch (error) {
        this.dropped += lines.length;
        this.#log.warn(`the audit log cannot be written: ${(error as Error).message}`, {
          dropped: this.dropped,
        });
        await this.#file?.close().catch(() => {});
        this.#file = undefined;
      }
      // What comes meanwhile is written and synced together.
      const { signal } = this.#wake;
      await sleep(syncMs, undefined, { ref: false, signal }).catch(() => {});
    }
  }

  async #append(text: string): Promise<void> {
    this.#file ??= await this.#open();
    if (this.#bytes > 0 && this.#bytes + text.length > this.#fileBytes) await this.#begin();
    await this.#file.appendFile(text);
    this.#bytes += Buffer.byteLength(text);
    await this.#file.datasync();
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
    await this.#file?.close();
    this.#file = undefined;
    await rm(this.#path(olderFiles), { force: true });
    for (let number = olderFiles; number > 0; number--)
      await rename(this.#path(number - 1), this.#path(number)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    this.#file = await this.#open();
  }
}

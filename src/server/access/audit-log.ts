import { setTimeout as sleep } from 'node:timers/promises';
import { FolderRecords, type RecordLog, type Records } from '../../engine/index.ts';
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
  /** The name of this server, which the entries then have. Default: they have none. */
  readonly server?: string | undefined;
  /** Default: silent. */
  readonly log?: Logger | undefined;
}

/** The name of the log. */
export const auditName = 'audit';
/** Most lines that wait to be written, and that are written at once. */
const maxWaiting = 10_000;
/** Milliseconds between two syncs. */
const syncMs = 1000;
/** Longest text of an entry. */
const maxCharacters = 2000;

/**
 * The log of changes: one JSON object per line, in a data folder in `audit.jsonl`. A line is written when its answer is sent and synced
 * to disk within a second. At 16 MiB a new file is begun; four older ones are kept. Servers before one engine keep it there, the last
 * 500,000 lines. What cannot be written is dropped and counted, and keeps nobody waiting.
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
  readonly #kept: RecordLog;
  readonly #server: string | undefined;
  readonly #log: Logger;
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;
  #isClosed = false;
  readonly #wake = new AbortController();
  /** Entries that could not be written. */
  dropped = 0;

  constructor(where: string | Records, { fileBytes, server, log = silentLogger }: AuditOptions = {}) {
    const records = typeof where === 'string' ? new FolderRecords(where) : where;
    this.#kept = records.openLog(auditName, { fileBytes });
    this.#server = server;
    this.#log = log;
  }

  /** Writes an entry, with the time, soon. */
  write({ what, ...entry }: AuditEntry): void {
    const line = JSON.stringify({
      time: new Date().toISOString(),
      ...entry,
      what: what.slice(0, maxCharacters),
      ...(this.#server !== undefined && { server: this.#server }),
    });
    if (this.#isClosed || this.#waiting.length >= maxWaiting) this.dropped += 1;
    else this.#waiting.push(line);
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Writes what waits, syncs and closes the log. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake.abort();
    while (this.#writing !== undefined) await this.#writing;
    await this.#kept.close();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      try {
        await this.#kept.append(lines);
      } catch (error) {
        this.dropped += lines.length;
        this.#log.warn(`the audit log cannot be written: ${(error as Error).message}`, {
          dropped: this.dropped,
        });
      }
      // What comes meanwhile is written and synced together.
      const { signal } = this.#wake;
      await sleep(syncMs, undefined, { ref: false, signal }).catch(() => {});
    }
  }
}

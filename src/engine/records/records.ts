/** A record with the version that it was read in: another version is another content. */
export interface StoredRecord {
  readonly content: Buffer;
  readonly version: string;
}

/** A record of a list. */
export interface RecordEntry {
  /** Its path from the beginning: `webhooks/4f2a.json`. */
  readonly path: string;
  readonly bytes: number;
  /** The time at which it was written, in milliseconds since 1970 by the clock of what keeps it. */
  readonly at: number;
  readonly version: string;
}

/** The right to do something alone for a while. Each holder has a higher fence than all before it. */
export interface Lease {
  readonly name: string;
  readonly fence: number;
}

/** Conditions of a write. */
export interface RecordConditions {
  /** The version that the record has to have; null: it must not be there. Default: whatever is there is replaced. */
  readonly expected?: string | null | undefined;
  /** Is checked with the write: nothing is written for one that another has by now. */
  readonly lease?: Lease | undefined;
}

/** Lines that are appended to and never changed. */
export interface RecordLog {
  /** Appends lines, durably. @throws SnapshelfError `engine-unavailable`; errors of the file system. */
  append(lines: readonly string[]): Promise<void>;
  /** Yields the lines that are kept, the oldest first. */
  lines(): AsyncGenerator<string>;
  close(): Promise<void>;
}

/** Options of a log. */
export interface RecordLogOptions {
  /** Bytes of a file, from which on a new one is begun. Default 16 MiB. An engine bounds the lines instead. */
  readonly fileBytes?: number | undefined;
}

/**
 * The small records that a server keeps besides collections: keys, the log of changes, jobs, kept answers. Records have paths, as files
 * do, and the files of a data folder are one implementation. Another is an engine whose servers share them.
 */
export interface Records {
  /** True if other processes may change them at any time. */
  readonly areShared: boolean;
  /** Names the place of a record, for messages. */
  placeOf(path: string): string;
  /** Returns the version of a record; undefined if there is none. */
  versionOf(path: string): Promise<string | undefined>;
  /** Reads a record; undefined if there is none. @throws RangeError for one of more than `maxBytes`. */
  read(path: string, maxBytes: number): Promise<StoredRecord | undefined>;
  /**
   * Lists the records below a folder, by path.
   * @param name lists only those whose path ends so, behind a slash
   */
  list(folder: string, name?: string): Promise<RecordEntry[]>;
  /**
   * Writes a record whole, durably, and returns its version.
   * @throws SnapshelfError `record-changed` if it is not as expected, `lease-lost`, `disk-full`, `not-writable`, `engine-unavailable`.
   */
  write(path: string, content: string | Uint8Array, conditions?: RecordConditions): Promise<string>;
  /** Removes a record, or a folder with all records below it. Does nothing if there is none. */
  remove(path: string): Promise<void>;
  /** Takes a lease for so many milliseconds, by the clock of what keeps the records; undefined if another has it. */
  acquire(name: string, ms: number): Promise<Lease | undefined>;
  /** Prolongs a lease. Returns false if another has it by now. */
  renew(lease: Lease, ms: number): Promise<boolean>;
  /** Gives a lease back, so that another may have it at once. */
  release(lease: Lease): Promise<void>;
  /** Opens a log. */
  openLog(name: string, options?: RecordLogOptions): RecordLog;
}

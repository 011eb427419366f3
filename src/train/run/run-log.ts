import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileError, linesOf, writeAtomically } from '../../files/index.ts';
import type { Position } from './checkpoint.ts';
import { eventFile } from './event-file.ts';
import { entryOf, type LogEntry } from './log-entry.ts';
import { logTable } from './log-table.ts';
import { readIfThere } from './read-if-there.ts';

/** The most bytes of a log, of which ten steps take about 150. */
const largestLog = 2 ** 28;

// A run folder may come from elsewhere: a link in the place of the log is not followed, a pipe not waited for.
const appending =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  (constants.O_NOFOLLOW ?? 0) |
  (constants.O_NONBLOCK ?? 0);

/** A file that has the numbers of the log in another form. It follows from the log, and so is never read. */
interface LogCopy {
  readonly name: string;
  readonly header: (first: LogEntry) => Buffer;
  readonly encode: (entry: LogEntry) => Buffer;
}

const copies: readonly LogCopy[] = [logTable, eventFile];

/** Appends to a file; `header` makes what it begins with. */
async function appendTo(path: string, bytes: Buffer, header: () => Buffer): Promise<void> {
  try {
    await using file = await open(path, appending, 0o666);
    const { size } = await file.stat();
    await file.appendFile(size === 0 ? Buffer.concat([header(), bytes]) : bytes);
  } catch (cause) {
    throw fileError(cause, path);
  }
}

/**
 * The log of a run, `log.jsonl`: a line for every ten steps, every validation, every start and the end. Beside it lie
 * `log.csv` and an event file for TensorBoard, made again from the log where a run goes on.
 */
export class RunLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  #pathOf({ name }: LogCopy): string {
    return join(dirname(this.#path), name);
  }

  /**
   * Appends a line with the time.
   * @throws SnapshelfError `disk-full`, `not-writable`.
   */
  async append(entry: LogEntry): Promise<void> {
    const timed: LogEntry = { time: new Date().toISOString(), ...entry };
    await appendTo(this.#path, Buffer.from(`${JSON.stringify(timed)}\n`), () => Buffer.alloc(0));
    for (const copy of copies) {
      const bytes = copy.encode(timed);
      if (bytes.length > 0) await appendTo(this.#pathOf(copy), bytes, () => copy.header(timed));
    }
  }

  async clear(): Promise<void> {
    for (const path of [this.#path, ...copies.map((copy) => this.#pathOf(copy))])
      await rm(path, { force: true });
  }

  /**
   * Removes the lines after a position, so that steps that are repeated are logged once.
   * @throws SnapshelfError `run-invalid`, `disk-full`, `not-writable`.
   */
  async cutAfter(position: Pick<Position, 'step' | 'validatedEpoch'>): Promise<void> {
    const text = await readIfThere(this.#path, largestLog);
    if (text === undefined) return;
    const kept: string[] = [];
    const entries: LogEntry[] = [];
    for (const [line] of linesOf(text)) {
      const entry = entryOf(line);
      if (entry === undefined || !isUpTo(entry, position)) continue;
      kept.push(`${line}\n`);
      entries.push(entry);
    }
    await writeAtomically(this.#path, kept.join(''));
    for (const copy of copies) {
      const encoded = entries.map((entry) => ({ entry, bytes: copy.encode(entry) }));
      const [first, ...others] = encoded.filter(({ bytes }) => bytes.length > 0);
      const all =
        first === undefined
          ? []
          : [copy.header(first.entry), first.bytes, ...others.map(({ bytes }) => bytes)];
      await writeAtomically(this.#pathOf(copy), Buffer.concat(all));
    }
  }
}

function isUpTo(entry: LogEntry, position: Pick<Position, 'step' | 'validatedEpoch'>): boolean {
  if (entry.step > position.step) return false;
  return entry.kind !== 'validation' || (entry.epoch ?? Number.POSITIVE_INFINITY) <= position.validatedEpoch;
}

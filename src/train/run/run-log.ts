import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { z } from 'zod';
import { fileError, linesOf, writeAtomically } from '../../files/index.ts';
import { jsonOrUndefined } from '../../json/index.ts';
import type { Position } from './checkpoint.ts';
import { readIfThere } from './read-if-there.ts';

const whole = z.int().min(0);

/** The fields of every line of a log; each kind has others of its own. */
const entrySchema = z.looseObject({
  kind: z.string(),
  /** Steps done. */
  step: whole,
  /** Epochs, from 1. */
  epoch: whole.optional(),
});

/** A line of the log of a run. */
export type LogEntry = Readonly<z.infer<typeof entrySchema>>;

/** The most bytes of a log, of which ten steps take about 150. */
const largestLog = 2 ** 28;
/** The most values of a line of it. */
const mostValues = 10_000;

// A run folder may come from elsewhere: a link in the place of the log is not followed, a pipe not waited for.
const appending =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  (constants.O_NOFOLLOW ?? 0) |
  (constants.O_NONBLOCK ?? 0);

/** The log of a run, `log.jsonl`: a line for every ten steps, every validation, every start and the end. */
export class RunLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Appends a line with the time.
   * @throws SnapshelfError `disk-full`, `not-writable`.
   */
  async append(entry: LogEntry): Promise<void> {
    const line = JSON.stringify({ time: new Date().toISOString(), ...entry });
    try {
      await using file = await open(this.#path, appending, 0o666);
      await file.appendFile(`${line}\n`);
    } catch (cause) {
      throw fileError(cause, this.#path);
    }
  }

  async clear(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  /** Removes the lines after a position, so that steps that are repeated are logged once. */
  async cutAfter(position: Pick<Position, 'step' | 'validatedEpoch'>): Promise<void> {
    const text = await readIfThere(this.#path, largestLog);
    if (text === undefined) return;
    const kept: string[] = [];
    for (const [line] of linesOf(text)) if (isUpTo(line, position)) kept.push(`${line}\n`);
    await writeAtomically(this.#path, kept.join(''));
  }
}

function isUpTo(line: string, position: Pick<Position, 'step' | 'validatedEpoch'>): boolean {
  // Undefined for a line that is none of ours: a crash may have cut off the last one.
  const entry = entrySchema.safeParse(jsonOrUndefined(line, { values: mostValues })).data;
  if (entry === undefined || entry.step > position.step) return false;
  return entry.kind !== 'validation' || (entry.epoch ?? Number.POSITIVE_INFINITY) <= position.validatedEpoch;
}

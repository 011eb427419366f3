import { constants } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import { linesOf, readFileWithin } from '../../files/index.ts';
import { parseJsonWithin } from '../../json/index.ts';
import { writeFileAtomically } from '../../weights/index.ts';
import { parseConfig, type RunConfig } from './run-config.ts';

/** Bytes of a configuration: some 2,000. */
const largestConfig = 2 ** 20;

/** A line of the log. */
export type LogEntry = { readonly kind: string; readonly step: number } & Readonly<Record<string, unknown>>;

/** Bytes of a log: some 150 a line of ten steps. */
const largestLog = 2 ** 28;
/** Values of a line of it. */
const mostValues = 10_000;

// A run folder may come from elsewhere: a link in the place of the log is not followed, a pipe not waited for.
const appending =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  (constants.O_NOFOLLOW ?? 0) |
  (constants.O_NONBLOCK ?? 0);

/** The files of a run. */
export class RunFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** State and position after the last save. */
  get last(): string {
    return join(this.path, 'last.safetensors');
  }

  /** The weights that validated best. */
  get best(): string {
    return join(this.path, 'best.safetensors');
  }

  get config(): string {
    return join(this.path, 'run.json');
  }

  get log(): string {
    return join(this.path, 'log.jsonl');
  }

  /**
   * The configuration, or undefined where there is no run.
   * @throws SnapshelfError `run-invalid` when the file is damaged.
   */
  async readConfig(): Promise<RunConfig | undefined> {
    const text = await readIfThere(this.config, largestConfig);
    if (text === undefined) return undefined;
    const config = this.#parse(text);
    if (config !== undefined) return config;
    throw new SnapshelfError('run-invalid', `${this.config} was written by another version of Snapshelf.`);
  }

  #parse(text: string): RunConfig | undefined {
    try {
      return parseConfig(text);
    } catch (cause) {
      const why = (cause as Error).message;
      throw new SnapshelfError('run-invalid', `${this.config} is damaged: ${why}.`, { cause });
    }
  }

  async writeConfig(config: RunConfig): Promise<void> {
    await writeFileAtomically(this.config, [Buffer.from(`${JSON.stringify(config, null, 2)}\n`)]);
  }

  async append(entry: LogEntry): Promise<void> {
    const line = JSON.stringify({ time: new Date().toISOString(), ...entry });
    try {
      await using file = await open(this.log, appending, 0o666);
      await file.appendFile(`${line}\n`);
    } catch (cause) {
      throw explain(this.log, cause);
    }
  }

  async clearLog(): Promise<void> {
    await rm(this.log, { force: true });
  }

  /** Takes away what a process left that died while it wrote a file. */
  async removeTemporaries(): Promise<void> {
    for (const name of await readdir(this.path))
      if (/^\.(last|best)\.safetensors\..*\.tmp$/.test(name))
        await rm(join(this.path, name), { force: true });
  }

  /** Takes away what was logged after a position: what is done again is then logged once. */
  async cutLog(position: { readonly step: number; readonly validatedEpoch: number }): Promise<void> {
    const text = await readIfThere(this.log, largestLog);
    if (text === undefined) return;
    const kept: string[] = [];
    for (const [line] of linesOf(text)) if (isUpTo(line, position)) kept.push(`${line}\n`);
    await writeFileAtomically(this.log, [Buffer.from(kept.join(''))]);
  }
}

/** The last line may have been cut off by a crash. */
function isUpTo(line: string, position: { readonly step: number; readonly validatedEpoch: number }): boolean {
  try {
    const { kind, step, epoch } = Object(parseJsonWithin(line, { values: mostValues }));
    if (typeof kind !== 'string' || !Number.isSafeInteger(step)) return false;
    if (kind === 'validation' && !(epoch <= position.validatedEpoch)) return false;
    return step <= position.step;
  } catch {
    return false;
  }
}

/** @throws SnapshelfError `run-invalid` for something that is not read. */
async function readIfThere(path: string, limit: number): Promise<string | undefined> {
  try {
    return (await readFileWithin(path, limit)).toString();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SnapshelfError('run-invalid', `${path} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

function explain(path: string, cause: unknown): unknown {
  if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') return cause;
  return new SnapshelfError('disk-full', `There is no space left to write ${path}.`, { cause });
}

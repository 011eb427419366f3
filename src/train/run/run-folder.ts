import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import { writeAtomically } from '../../files/index.ts';
import { sentence } from '../recipe/describe-problems.ts';
import { type Position, readCheckpoint } from './checkpoint.ts';
import { readIfThere } from './read-if-there.ts';
import { parseConfig, type RunConfig, serializeConfig } from './run-config.ts';
import { RunLog } from './run-log.ts';

/** The most bytes of a configuration; one has about 2,000. */
const largestConfig = 2 ** 20;

/**
 * The files of a run.
 * @example
 * ```ts
 * import { RunFolder } from 'snapshelf/train';
 *
 * const config = await new RunFolder('run').readConfig();
 * console.log(config?.recipe.epochs);
 * ```
 */
export class RunFolder {
  readonly path: string;
  readonly log: RunLog;

  constructor(path: string) {
    this.path = path;
    this.log = new RunLog(this.logFile);
  }

  /** The file of the state and position after the last save. */
  get last(): string {
    return join(this.path, 'last.safetensors');
  }

  /** The file of the weights that validated best. */
  get best(): string {
    return join(this.path, 'best.safetensors');
  }

  /** The file of the configuration. */
  get config(): string {
    return join(this.path, 'run.json');
  }

  /** The file of the log. */
  get logFile(): string {
    return join(this.path, 'log.jsonl');
  }

  /**
   * Reads the configuration, or returns undefined if there is no run.
   * @throws SnapshelfError `run-invalid` if the file is damaged or was written by another version.
   */
  async readConfig(): Promise<RunConfig | undefined> {
    const text = await readIfThere(this.config, largestConfig);
    if (text === undefined) return undefined;
    const config = this.#parse(text);
    if (config !== undefined) return config;
    throw new SnapshelfError('run-invalid', `${this.config} was written by another version of Snapshelf.`);
  }

  /**
   * Reads how far the run has come by its last checkpoint, or returns undefined if there is none.
   * @throws SnapshelfError `weights-invalid`, `run-invalid` if it is damaged.
   */
  async readPosition(): Promise<Position | undefined> {
    return (await readCheckpoint(this.last, new Map()))?.position;
  }

  #parse(text: string): RunConfig | undefined {
    try {
      return parseConfig(text);
    } catch (cause) {
      const why = sentence((cause as Error).message);
      throw new SnapshelfError('run-invalid', `${this.config} is damaged: ${why}`, { cause });
    }
  }

  /**
   * Writes the configuration.
   * @throws SnapshelfError `disk-full`, `not-writable`.
   */
  async writeConfig(config: RunConfig): Promise<void> {
    await writeAtomically(this.config, serializeConfig(config));
  }

  /** Removes the temporary files of a process that died while it wrote a checkpoint. */
  async removeTemporaries(): Promise<void> {
    for (const name of await readdir(this.path))
      if (/^\.(last|best)\.safetensors\..*\.tmp$/.test(name))
        await rm(join(this.path, name), { force: true });
  }
}

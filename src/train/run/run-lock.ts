import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SnapshelfError } from '../../errors.ts';
import { readSyncAt, withFileSync } from '../../files/index.ts';

/** Whether a process is there; one that belongs to somebody else is. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The process that a lock file names, or undefined. */
function holderOf(path: string): number | undefined {
  try {
    const text = withFileSync(path, 32, (file, size) => readSyncAt(file, 0, size).toString());
    return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a second process out of a run folder: a file with the number of the process, stale when that is gone. */
export class RunLock {
  readonly #path: string;

  /** Throws `run-busy`, naming the process that trains here. */
  constructor(folder: string) {
    this.#path = join(folder, 'run.lock');
    if (this.#take()) return;
    const pid = holderOf(this.#path);
    if (pid !== undefined && isAlive(pid))
      throw new SnapshelfError(
        'run-busy',
        `The process ${pid} trains in ${folder}: wait for its end, or stop it. If it is another process, delete ${this.#path}.`,
      );
    rmSync(this.#path, { force: true });
    if (!this.#take())
      throw new SnapshelfError('run-busy', `Another process has begun to train in ${folder}.`);
  }

  /** Makes the file where it is not there. */
  #take(): boolean {
    try {
      const file = openSync(this.#path, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#path, { force: true });
  }
}

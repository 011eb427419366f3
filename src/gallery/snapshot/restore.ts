import { fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { deserializeError, type SerializedError } from '../../errors.ts';
import { invalid } from './header.ts';
import { type ProcessLimits, watchProcess } from './watch-process.ts';

export interface RestoreTask {
  /** The snapshot. */
  readonly path: string;
  /** An empty folder, which gets the catalogue. */
  readonly folder: string;
  /** How long it may take. */
  readonly seconds: number;
}

/** How far a restore is. */
export interface RestoreProgress {
  /** Items that were checked and copied. */
  readonly done: number;
  /** Items that the snapshot says it has. */
  readonly total: number;
}

/** What the process says: how far it is, then once that the catalogue is whole, or why not. */
export type RestoreMessage =
  | { readonly progress: RestoreProgress }
  | { readonly outcome: 'whole' }
  | { readonly outcome: SerializedError };

/** How a restore is bounded and watched. */
export interface RunRestoreOptions extends ProcessLimits {
  readonly onProgress?: ((progress: RestoreProgress) => void) | undefined;
}

/** The database of the snapshot, in the same folder until the catalogue is whole. */
export const unpackedFile = 'foreign.sqlite';

/** Only after the process has ended is the file certainly closed. */
function removeUnpacked(folder: string): void {
  for (const suffix of ['', '-wal', '-shm'])
    rmSync(join(folder, `${unpackedFile}${suffix}`), { force: true });
}

/**
 * Makes a catalogue from a snapshot, which may be anybody's file, in a process of its own that is killed when it takes
 * longer or more memory than it may. Throws `snapshot-invalid`, `disk-full`.
 */
export function runRestore(
  { path, folder }: Omit<RestoreTask, 'seconds'>,
  options: RunRestoreOptions,
  script: URL = new URL('./restore-process.js', import.meta.url),
): Promise<void> {
  // Flags of the main program, such as --input-type, are not for the process.
  const child = fork(script, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  return new Promise((resolve, reject) => {
    let outcome: 'whole' | SerializedError | undefined;
    let why: string | undefined;
    const stopWatching = watchProcess(child, options, (reason) => {
      why = reason;
    });
    child.on('message', (message: RestoreMessage) => {
      if ('progress' in message) options.onProgress?.(message.progress);
      else outcome = message.outcome;
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      stopWatching();
      removeUnpacked(folder);
      if (outcome === undefined)
        reject(invalid(path, why ?? `the process that checked it ended (${signal ?? code})`));
      else if (outcome === 'whole') resolve();
      else reject(deserializeError(outcome));
    });
    child.send({ path, folder, seconds: options.seconds } satisfies RestoreTask);
  });
}

import { Worker } from 'node:worker_threads';

const loadingFlag = /^(--(import|require|experimental-loader|loader|conditions)|-r|-C)(=|$)/;
const loadingSwitches: readonly string[] = ['--enable-source-maps', '--experimental-strip-types'];

/**
 * The flags of this process that its threads and child processes need too: those that say how modules are loaded. Others
 * belong to the main program, such as `--input-type` and `--eval`, and threads refuse some.
 */
export const inheritedFlags = (flags: readonly string[] = process.execArgv): string[] =>
  flags.filter((flag, at) => {
    const before = flags[at - 1] ?? '';
    return (
      loadingFlag.test(flag) ||
      loadingSwitches.includes(flag) ||
      (loadingFlag.test(before) && !before.includes('='))
    );
  });

/** Options of `startWorker`. */
export interface WorkerOptions {
  /** Shown by debuggers and in the system's list of threads, after `snapshelf-`. */
  readonly name: string;
  /** `workerData` of the thread. */
  readonly data?: unknown;
}

/** Starts a thread: the one way to do it. @param script from `mainModule` */
export function startWorker(script: URL, { name, data }: WorkerOptions): Worker {
  return new Worker(script, {
    name: `snapshelf-${name}`,
    workerData: data,
    execArgv: inheritedFlags(),
  });
}

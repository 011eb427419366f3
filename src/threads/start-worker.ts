import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/**
 * The file of a worker's main module.
 * @param base `import.meta.url` of the caller
 * @param name path from there without an extension, such as `./worker`: that of the caller is added, so that workers are
 * found in the built package and, where Node runs TypeScript, in the source
 */
export const workerScript = (base: string, name: string): URL => new URL(`${name}${extname(base)}`, base);

/** The flags that say how modules are loaded, with how many values follow them. */
const loadingFlags: Readonly<Record<string, number>> = {
  '--import': 1,
  '--require': 1,
  '-r': 1,
  '--loader': 1,
  '--experimental-loader': 1,
  '--conditions': 1,
  '-C': 1,
  '--enable-source-maps': 0,
  '--experimental-strip-types': 0,
};

/**
 * The flags of this process that its threads and child processes need too: those that say how modules are loaded. Others
 * belong to the main program, such as `--input-type` and `--eval`, and threads refuse some.
 */
export function inheritedFlags(flags: readonly string[] = process.execArgv): string[] {
  const inherited: string[] = [];
  for (const [at, flag] of flags.entries()) {
    const values = loadingFlags[flag.split('=', 1)[0] ?? ''];
    if (values === undefined) continue;
    inherited.push(flag);
    if (values === 1 && !flag.includes('=')) inherited.push(flags[at + 1] ?? '');
  }
  return inherited;
}

/** Options of `startWorker`. */
export interface WorkerOptions {
  /** Shown by debuggers and in the system's list of threads, after `snapshelf-`. */
  readonly name: string;
  /** `workerData` of the thread. */
  readonly data?: unknown;
}

/** Starts a thread: the one way to do it. @param script from `workerScript` */
export function startWorker(script: URL, { name, data }: WorkerOptions): Worker {
  return new Worker(script, {
    name: `snapshelf-${name}`,
    workerData: data,
    execArgv: inheritedFlags(),
  });
}

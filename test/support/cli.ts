import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { repositoryRoot } from './repository.ts';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A built command line that runs as a process of its own. */
export interface RunningCli {
  readonly child: ChildProcess;
  /** What it printed and its exit code, which is null when a signal ended it. */
  readonly result: Promise<CliResult>;
}

const main = join(repositoryRoot, 'dist', 'src', 'cli', 'main.js');
const env = { ...process.env, SNAPSHELF_DATA: '' };
const script = new URL(`./cli-thread${extname(import.meta.url)}`, import.meta.url);
const idle: Worker[] = [];

/**
 * Runs the built command line and returns what it printed and its exit code: in a thread that is used again, which costs
 * half of what a process does. `startSnapshelf(...).result` is the same in a process.
 */
export async function snapshelf(...args: readonly string[]): Promise<CliResult> {
  const thread = idle.pop() ?? new Worker(script, { env });
  thread.ref();
  thread.postMessage({ main: String(pathToFileURL(main)), args });
  const over = new AbortController();
  const ended = once(thread, 'exit', over).then(([code]) => {
    throw new Error(`snapshelf ${args.join(' ')} ended its thread with ${code}.`);
  });
  const [result] = await Promise.race([once(thread, 'message', over), ended]);
  ended.catch(() => {});
  over.abort();
  thread.unref();
  idle.push(thread);
  return result as CliResult;
}

/** Starts the built command line as a process of its own. */
export function startSnapshelf(...args: readonly string[]): RunningCli {
  const child = spawn(process.execPath, [main, ...args], { env });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const result = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, result };
}

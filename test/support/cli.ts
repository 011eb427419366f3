import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
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

/** Runs the built command line as a process of its own and returns what it printed and its exit code. */
export const snapshelf = (...args: readonly string[]): Promise<CliResult> => startSnapshelf(...args).result;

/** Starts the built command line as a process of its own. */
export function startSnapshelf(...args: readonly string[]): RunningCli {
  const child = spawn(process.execPath, [join(repositoryRoot, 'dist', 'src', 'cli', 'main.js'), ...args], {
    env: { ...process.env, SNAPSHELF_DATA: '' },
  });
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

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from './repository.ts';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line as a process of its own and returns what it printed and its exit code. */
export function snapshelf(...args: readonly string[]): Promise<CliResult> {
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
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

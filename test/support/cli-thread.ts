// A thread that runs the built command line as often as it is asked to, so that its modules are loaded once.
import { parentPort } from 'node:worker_threads';
import type { CliResult } from './cli.ts';

let printed = { stdout: '', stderr: '' };
for (const name of ['stdout', 'stderr'] as const)
  process[name].write = (chunk: string | Uint8Array, ...more: unknown[]): boolean => {
    printed[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    for (const done of more) if (typeof done === 'function') queueMicrotask(() => done());
    return true;
  };

let runs = 0;
parentPort?.on('message', async ({ main, args }: { readonly main: string; readonly args: string[] }) => {
  printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) process[name].removeAllListeners('error');
  process.exitCode = 0;
  process.argv = [process.execPath, main, ...args];
  // Another URL for each run has the module evaluated again, and nothing that it imports.
  await import(`${main}?${runs++}`);
  const result: CliResult = { ...printed, code: Number(process.exitCode ?? 0) };
  process.exitCode = 0;
  parentPort?.postMessage(result);
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repositoryRoot } from '../support/repository.ts';

/** A server process that is ready, or what it said when it did not get there. */
export interface ServerProcess {
  readonly url: string;
  /** Sends a signal, such as one that the process goes on after. */
  send(signal: NodeJS.Signals): void;
  /** Sends a signal and waits for the end, also one that was before; returns the exit code, null when the signal ended it. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

const script = join(repositoryRoot, 'dist', 'test', 'server', 'serve-child.js');

async function failure(child: ChildProcess, errors: string[]): Promise<never> {
  await once(child, 'close');
  throw new Error(errors.join(''));
}

/** Options of a server process. */
export interface ProcessOptions {
  readonly data: string;
  readonly model: string;
  readonly receivers?: readonly string[];
  /** The URL of its engine. Default: the data folder. */
  readonly engine?: string;
  readonly jobLeaseMs?: number;
}

/** Starts a server process, which sends webhooks to `receivers`, and waits until it is ready. Rejects with its error output when it ends before. */
export function startProcess(
  data: string,
  model: string,
  ...receivers: readonly string[]
): Promise<ServerProcess> {
  return startServing({ data, model, receivers });
}

/** Starts a server process, and waits until it is ready. Rejects with its error output when it ends before. */
export async function startServing(options: ProcessOptions): Promise<ServerProcess> {
  const child = spawn(process.execPath, [script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors: string[] = [];
  child.stderr.on('data', (chunk) => errors.push(String(chunk)));
  const line = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const [url] = await Promise.race([line, failure(child, errors)]);
  const closed = once(child, 'close') as Promise<[number | null]>;
  // A test that fails leaves it behind, which must not hold its file up.
  const held = [child, child.stdout, child.stderr] as unknown as { ref(): void; unref(): void }[];
  for (const one of held) one.unref();
  process.once('exit', () => child.kill('SIGKILL'));
  const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
    for (const one of held) one.ref();
    child.kill(signal);
    return (await closed)[0];
  };
  return { url, stop, send: (signal) => void child.kill(signal) };
}

import { fork } from 'node:child_process';
import { deserializeError, type SerializedError, SnapshelfError } from '../../errors.ts';
import type { Job, JobMeasures, JobProgress } from './job.ts';

type Message =
  | { readonly progress: JobProgress }
  | { readonly figures: JobMeasures }
  | { readonly error: SerializedError };

/** How a job is watched and ended. */
export interface RunJobOptions {
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
  /** Ends the process at once. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a job in a process of its own, at the lowest priority. Resolves with the headline figures when its
 * report is written.
 * @throws what the evaluation throws; SnapshelfError `worker-died` when the process ends without a word; the signal's
 * reason when it aborts.
 */
export function runJob(job: Job, { onProgress, signal }: RunJobOptions = {}): Promise<JobMeasures> {
  signal?.throwIfAborted();
  const child = fork(new URL('./job-process.js', import.meta.url), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // V8's own threads begin before the process can lower its priority, and would keep the server's.
    execArgv: ['--v8-pool-size=0'],
  });
  const end = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', end, { once: true });
  return new Promise<JobMeasures>((resolve, reject) => {
    let outcome: (() => void) | undefined;
    child.on('message', (message: Message) => {
      if ('progress' in message) onProgress?.(message.progress);
      else if ('figures' in message) outcome = () => resolve(message.figures);
      else outcome = () => reject(deserializeError(message.error));
    });
    child.once('error', reject);
    child.once('exit', (code, killedBy) => {
      signal?.removeEventListener('abort', end);
      if (signal?.aborted) reject(signal.reason);
      else if (outcome !== undefined) outcome();
      else
        reject(
          new SnapshelfError('worker-died', `The process of the evaluation ended (${killedBy ?? code}).`),
        );
    });
    child.send(job);
  });
}

import { SnapshelfError } from '../../errors.ts';
import { mainModule } from '../../main-module.ts';
import { runProcess } from '../../threads/index.ts';
import type { Job, JobMeasures, JobProgress } from './job.ts';

/** Options of `runJob`. */
export interface RunJobOptions {
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
  /** Kills the process. */
  readonly signal?: AbortSignal | undefined;
}

const script = mainModule(import.meta.url, './job-process');

/**
 * Runs a job in a process of its own, at the lowest priority.
 * @returns The headline measures, once the report is written.
 * @throws SnapshelfError As `evaluateCollection`.
 * @throws SnapshelfError `worker-died` if the process ends without an outcome
 * @throws The reason of the signal once it is aborted.
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { runJob } from 'snapshelf/evaluate';
 *
 * const job = JSON.parse(await readFile('job.json', 'utf8'));
 * const measures = await runJob(job, { onProgress: console.log });
 * ```
 */
export const runJob = (job: Job, { onProgress, signal }: RunJobOptions = {}): Promise<JobMeasures> =>
  runProcess<Job, JobMeasures, JobProgress>(script, job, {
    signal,
    onNotice: onProgress,
    // V8's own threads begin before the process can lower its priority, and would keep the server's.
    flags: ['--v8-pool-size=0'],
    died: (why) => new SnapshelfError('worker-died', `The process of the evaluation died: ${why}.`),
  });

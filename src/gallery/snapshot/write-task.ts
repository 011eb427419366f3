import { Worker } from 'node:worker_threads';
import { deserializeError, type SerializedError, SnapshelfError } from '../../errors.ts';
import type { SnapshotReport } from '../types.ts';

export interface WriteTask {
  readonly collection: string;
  /** The database file of the collection. */
  readonly catalogue: string;
  readonly path: string;
}

export type WriteResult = { readonly report: SnapshotReport } | { readonly error: SerializedError };

/** Writes a snapshot in a thread of its own, so that a large one keeps nobody waiting. Throws `disk-full`. */
export function runWriteTask(task: WriteTask): Promise<SnapshotReport> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./write-worker.js', import.meta.url), {
      workerData: task,
      execArgv: [],
    });
    worker.once('message', (result: WriteResult) => {
      if ('error' in result) reject(deserializeError(result.error));
      else resolve(result.report);
    });
    worker.once('error', reject);
    // After a message or an error this changes nothing.
    worker.once('exit', (code) =>
      reject(new SnapshelfError('worker-died', `The thread of the snapshot ended with code ${code}.`)),
    );
  });
}

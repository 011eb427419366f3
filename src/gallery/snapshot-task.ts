import { Worker } from 'node:worker_threads';
import { deserializeError, type SerializedError, SnapshelfError } from '../errors.ts';
import type { SnapshotReport } from './types.ts';

export interface WriteTask {
  readonly task: 'write';
  readonly collection: string;
  /** The database file of the collection. */
  readonly catalogue: string;
  readonly path: string;
}

export interface ReadTask {
  readonly task: 'read';
  readonly path: string;
  /** Where to unpack; removed when that fails. */
  readonly folder: string;
}

export type SnapshotTask = WriteTask | ReadTask;
export type TaskResult = { readonly value: unknown } | { readonly error: SerializedError };

/** Writes or unpacks a snapshot in a thread of its own, so that a large one keeps nobody waiting. */
export function runSnapshotTask(task: WriteTask): Promise<SnapshotReport>;
export function runSnapshotTask(task: ReadTask): Promise<void>;
export function runSnapshotTask(task: SnapshotTask): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./snapshot-worker.js', import.meta.url), {
      workerData: task,
      execArgv: [],
    });
    worker.once('message', (result: TaskResult) => {
      if ('error' in result) reject(deserializeError(result.error));
      else resolve(result.value);
    });
    worker.once('error', reject);
    // After a message or an error this changes nothing.
    worker.once('exit', (code) =>
      reject(new SnapshelfError('worker-died', `The thread of the snapshot ended with code ${code}.`)),
    );
  });
}

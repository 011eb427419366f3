import { parentPort, workerData } from 'node:worker_threads';
import { SnapshelfError, serializeError } from '../../errors.ts';
import { writeSnapshot } from './write.ts';
import type { WriteResult, WriteTask } from './write-task.ts';

/** What the file system said, in our terms. */
function translate(error: unknown, { path }: WriteTask): unknown {
  if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ENOSPC') return error;
  return new SnapshelfError('disk-full', `There is no space left for ${path}; free some and try again.`, {
    cause: error,
  });
}

function perform(task: WriteTask): WriteResult {
  try {
    return { report: writeSnapshot(task.catalogue, task.collection, task.path) };
  } catch (error) {
    return { error: serializeError(translate(error, task)) };
  }
}

parentPort?.postMessage(perform(workerData as WriteTask));

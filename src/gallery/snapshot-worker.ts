import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { SnapshelfError, serializeError } from '../errors.ts';
import { catalogueFile } from './schema.ts';
import { readSnapshot, writeSnapshot } from './snapshot-file.ts';
import type { SnapshotTask, TaskResult } from './snapshot-task.ts';

function perform(task: SnapshotTask): unknown {
  if (task.task === 'write') return writeSnapshot(task.catalogue, task.collection, task.path);
  try {
    return readSnapshot(task.path, join(task.folder, catalogueFile));
  } catch (error) {
    rmSync(task.folder, { recursive: true, force: true });
    throw error;
  }
}

/** What the file system said, in our terms. */
function translate(error: unknown, { path }: SnapshotTask): unknown {
  if (error instanceof SnapshelfError && error.code === 'gallery-damaged')
    return new SnapshelfError('snapshot-invalid', `${path} holds a damaged database: ${error.message}`, {
      cause: error,
    });
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOSPC')
    return new SnapshelfError('disk-full', `There is no space left for ${path}; free some and try again.`, {
      cause: error,
    });
  if (code === 'ENOENT' || code === 'EISDIR')
    return new SnapshelfError('snapshot-invalid', `There is no file ${path}.`, { cause: error });
  return error;
}

function resultOf(task: SnapshotTask): TaskResult {
  try {
    return { value: perform(task) };
  } catch (error) {
    return { error: serializeError(translate(error, task)) };
  }
}

parentPort?.postMessage(resultOf(workerData as SnapshotTask));

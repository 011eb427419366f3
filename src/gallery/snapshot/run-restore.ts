import { join } from 'node:path';
import type { RestoreProgress } from '../../engine/index.ts';
import { mainModule } from '../../main-module.ts';
import { type ProcessLimits, runProcess } from '../../threads/index.ts';
import { removeDatabase } from '../storage/remove-database.ts';
import { invalidSnapshot } from './header.ts';

/** A snapshot to restore. */
export interface RestoreTask {
  /** The snapshot's file. */
  readonly path: string;
  /** An empty folder, which gets the collection's database. */
  readonly folder: string;
  /** True keeps what pictures say of the place where they were taken. Default false. */
  readonly keepGps?: boolean;
}

/** Options of `runRestore`. */
export interface RunRestoreOptions {
  readonly limits: ProcessLimits;
  readonly onProgress?: ((progress: RestoreProgress) => void) | undefined;
}

/** The database of the snapshot, in the same folder until the collection's own is whole. */
export const unpackedFile = 'foreign.sqlite';

/** Removes the snapshot's database: only after the process has ended is it certainly closed. */
const removeUnpacked = (folder: string): void => removeDatabase(join(folder, unpackedFile));

/**
 * Makes a collection's database from a snapshot, which may be anybody's file, in a process of its own that is killed when
 * it takes longer or more memory than it may. Returns the number of pictures from which a place was removed.
 * @throws SnapshelfError `snapshot-invalid`, `disk-full`, `not-writable`.
 */
export async function runRestore(
  task: RestoreTask,
  { limits, onProgress }: RunRestoreOptions,
  script: URL = mainModule(import.meta.url, './restore-process'),
): Promise<number> {
  try {
    return await runProcess<RestoreTask, number, RestoreProgress>(script, task, {
      died: (why) => invalidSnapshot(task.path, `the process that checked it was stopped because ${why}`),
      limits,
      onNotice: onProgress,
    });
  } finally {
    removeUnpacked(task.folder);
  }
}

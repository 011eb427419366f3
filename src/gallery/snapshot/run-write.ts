import type { SnapshotReport } from '../../engine/index.ts';
import { mainModule } from '../../main-module.ts';
import { WorkerThread } from '../../threads/index.ts';
import type { SnapshotTask, writeSnapshot } from './write-snapshot.ts';

/** The operations of the thread that writes a snapshot. */
export interface WriteOperations {
  write: typeof writeSnapshot;
}

const script = mainModule(import.meta.url, './write-worker');

/**
 * Writes a snapshot in a thread of its own, so that a large one keeps nobody waiting.
 * @throws SnapshelfError as `writeSnapshot`; `worker-died`.
 */
export async function runWrite(task: SnapshotTask): Promise<SnapshotReport> {
  const { thread } = await WorkerThread.start<WriteOperations>(script, {
    name: 'snapshot',
    ended: 'The thread that writes the snapshot has ended',
    closed: 'The snapshot was written already.',
  });
  try {
    return await thread.call('write', [task]);
  } finally {
    await thread.close();
  }
}

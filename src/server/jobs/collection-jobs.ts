import { MemoryRecords } from '../../engine/index.ts';
import type { Logger } from '../../log.ts';
import type { CalibrationProgress, ReindexProgress, Retriever } from '../../retrieval/index.ts';
import type { Webhooks } from '../webhooks/webhook-service.ts';
import { type CalibrationOptions, calibrationKind } from './calibration-job.ts';
import { DuplicatesJob } from './duplicates-job.ts';
import { type ReindexOptions, reindexKind } from './reindex-job.ts';
import { SharedJobs } from './shared-jobs.ts';

/** The long work on collections: of each kind one job of a collection at a time. */
export interface CollectionJobs {
  readonly reindex: SharedJobs<ReindexOptions, ReindexProgress>;
  readonly calibration: SharedJobs<CalibrationOptions, CalibrationProgress>;
  readonly duplicates: DuplicatesJob;
  /** Removes a collection by calling `remove`, after its jobs, and then what they have left. */
  forget(collection: string, remove: () => Promise<void>): Promise<void>;
}

/** Options of `openJobs`. */
export interface CollectionJobsOptions {
  readonly webhooks: Webhooks | undefined;
  readonly log: Logger;
  readonly leaseMs: number | undefined;
}

/**
 * Opens the jobs of a server, which end before its retriever does. Those of the servers of an engine are kept there: whichever of them
 * is asked tells of a job, and goes on with one that another has left. Of a data folder, or one that is only read, they end with the process.
 */
export function openJobs(
  retriever: Retriever,
  { webhooks, log, leaseMs }: CollectionJobsOptions,
): CollectionJobs {
  const { gallery, readOnly } = retriever;
  const records = (readOnly ? undefined : gallery.records) ?? new MemoryRecords();
  const createdAt = async (collection: string) => (await gallery.info(collection)).createdAt;
  const shared = { records, log, leaseMs, createdAt };
  const reindex = new SharedJobs(reindexKind(retriever, webhooks), shared);
  const calibration = new SharedJobs(calibrationKind(retriever), shared);
  const duplicates = new DuplicatesJob(retriever, webhooks, shared);
  for (const jobs of [reindex, calibration, duplicates]) retriever.onClose(() => jobs.close());
  return {
    reindex,
    calibration,
    duplicates,
    async forget(collection, remove) {
      const end = async (): Promise<void> => {
        await reindex.forget(collection);
        await calibration.forget(collection);
      };
      await end();
      await duplicates.forget(collection, remove);
      await end();
    },
  };
}

import type { Lease, Records } from '../../engine/index.ts';
import type { Logger } from '../../log.ts';
import type { JobForm } from './job-book.ts';
import type { JobRecord } from './job-record.ts';

/** The means of a job under way. */
export interface JobMeans<N> {
  /** Aborts when the job is cancelled, the server ends, or another one has taken the job over. */
  readonly signal: AbortSignal;
  /** Is handed to writes that a server which was silent for too long must not make. */
  readonly lease: Lease;
  readonly onProgress: (numbers: N) => void;
}

/** A kind of jobs of collections, one at a time for each. */
export interface JobKind<O, N> extends JobForm<O, N> {
  /** Does the work, from where another server left it. */
  readonly work: (job: JobRecord<O, N>, means: JobMeans<N>) => Promise<void>;
  /** Removes what a job that was cancelled has left. */
  readonly undo?: ((collection: string, lease: Lease) => Promise<void>) | undefined;
  /** Is told of the end, before it is kept: once more, where a server did not live to keep it. */
  readonly tell?: ((job: JobRecord<O, N>) => Promise<void>) | undefined;
}

/** Options of `SharedJobs`. */
export interface SharedJobsOptions {
  readonly records: Records;
  readonly log: Logger;
  /** Returns when a collection was made: a later one of its name has no part in the jobs of an earlier one. */
  readonly createdAt: (collection: string) => Promise<string>;
  /** Milliseconds of silence after which another server goes on with a job. Default 20,000. */
  readonly leaseMs?: number | undefined;
}

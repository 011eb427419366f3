import type { ErrorRequestHandler } from 'express';
import type { PictureFetcher } from '../../remote/index.ts';
import type { HeldModels, Retriever } from '../../retrieval/index.ts';
import type { GuardedRouter } from '../access/access.ts';
import type { Origins } from '../access/origins.ts';
import type { Evaluations } from '../evaluations/evaluation-jobs.ts';
import type { Metrics } from '../http/metrics.ts';
import type { Readiness } from '../http/readiness.ts';
import type { RecentProblems } from '../http/recent-problems.ts';
import type { Once } from '../idempotency/once.ts';
import type { CollectionJobs } from '../jobs/collection-jobs.ts';
import type { Limits } from '../parsing/limits.ts';
import type { ReportPages } from '../reports/report-pages.ts';
import type { Uploads } from '../uploads/uploads.ts';
import type { Webhooks } from '../webhooks/webhook-service.ts';

/** The parts of an application that its routes use. */
export interface Context extends GuardedRouter {
  readonly retriever: Retriever;
  readonly models: HeldModels;
  readonly uploads: Uploads;
  readonly origins: Origins;
  readonly metrics: Metrics;
  readonly recent: RecentProblems;
  /** Answers what a route has thrown. */
  readonly problems: ErrorRequestHandler;
  readonly readiness: () => Readiness;
  /** Does a request with an `Idempotency-Key` once. */
  readonly once: Once;
  readonly limits: Limits;
  /** Fetches pictures by their addresses, if that is allowed. */
  readonly fetcher?: Pick<PictureFetcher, 'fetch'> | undefined;
  /** The long work on collections, in the background. */
  readonly jobs: CollectionJobs;
  /** Makes pages of reports. */
  readonly pages: ReportPages;
  readonly evaluations?: Evaluations | undefined;
  readonly webhooks?: Webhooks | undefined;
}

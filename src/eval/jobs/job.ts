import type { StoredPrecision } from '../../engines/index.ts';
import type { EvaluationRequest, ManifestEntry } from './job-request.ts';

export type { EvaluationRequest, ManifestEntry };

/** An evaluation of a collection with its manifest. */
export interface CollectionEvaluation extends EvaluationRequest {
  /** Queries, gallery and labels item by item, instead of filters. */
  readonly manifest?: readonly ManifestEntry[] | undefined;
}

/** A job for a process of its own, which reads the request from files. */
export interface Job {
  /** The data folder. */
  readonly data: string;
  /** The URL of the engine that keeps its collections. Default: the data folder. */
  readonly engine?: string | undefined;
  readonly collection: string;
  /** The precision in which the server has vectors in memory. Default `float32`. */
  readonly storedPrecision?: StoredPrecision | undefined;
  /** File of the `EvaluationRequest`. */
  readonly request: string;
  /** File of the manifest and the number of its entries; undefined if filters choose. */
  readonly manifest?: { readonly path: string; readonly entries: number } | undefined;
  /** File to write the report to. */
  readonly report: string;
}

/** The progress of a job. */
export interface JobProgress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** The headline measures of a job that is done, by metric and name: means, 0 to 1. */
export type JobMeasures = Readonly<Record<string, Readonly<Record<string, number>>>>;

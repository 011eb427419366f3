import type { Filter } from '../../gallery/index.ts';
import type { Metric } from '../types.ts';

/** An item of a collection as a side of an evaluation. */
export interface ManifestEntry {
  readonly id: string;
  readonly split: 'query' | 'gallery';
  /** Default: the item's own label. */
  readonly label?: string | undefined;
}

/** What is asked of a collection: plain JSON, so that it survives a restart. */
export interface EvaluationRequest {
  /** Which items are queries. Default: those of the split `query`; without any such, all items. */
  readonly query?: Filter | undefined;
  /**
   * Which items are the gallery, none of them a query. Default: those of the split `gallery` where the queries are those
   * of the split `query`; else each query is looked for among the others.
   */
  readonly gallery?: Filter | undefined;
  /** Default: the collection's own. */
  readonly metrics?: readonly Metric[] | undefined;
  /** Default 1, 10, 20, 30, 40, 50. */
  readonly ks?: readonly number[] | undefined;
  readonly convention?: 'ours' | 'paper' | undefined;
  /** Compare HNSW with exact search. Default true. */
  readonly index?: boolean | undefined;
  readonly seed?: number | undefined;
}

/** An evaluation with its manifest. */
export interface CollectionEvaluation extends EvaluationRequest {
  /** Sides and labels item by item, instead of filters. */
  readonly manifest?: readonly ManifestEntry[] | undefined;
}

/** A job for a process of its own, which reads what is asked from files. */
export interface Job {
  /** The data folder. */
  readonly data: string;
  readonly collection: string;
  /** File of the `EvaluationRequest`. */
  readonly request: string;
  /** File of the manifest, and how many entries it has; none where filters choose. */
  readonly manifest?: { readonly path: string; readonly entries: number } | undefined;
  /** File to write the report to. */
  readonly report: string;
}

/** How far a job is. */
export interface JobProgress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** The headline figures of a job that is done: metric, name of the figure, mean (a share, 0 to 1). */
export type JobFigures = Readonly<Record<string, Readonly<Record<string, number>>>>;

import type { DistanceHistogram } from './histogram.ts';
import type { IndexComparison } from './index-recall.ts';
import type { Convention, FigureSet, LabelFigures } from './metrics/index.ts';
import type { PublishedResult } from './published.ts';
import type { Protocol } from './source/protocol.ts';
import type { Metric } from './types.ts';

/** The figures of one metric. All shares are in [0, 1]. */
export interface MetricEvaluation {
  readonly metric: Metric;
  /** The headline, under the convention that was asked for. */
  readonly main: FigureSet;
  readonly withoutLone: FigureSet;
  readonly loneAsMisses: FigureSet;
  /** Without the gallery pictures that are byte for byte the query's; null where there is none. */
  readonly withoutIdentical: FigureSet | null;
  /** The seed paper's convention: drop-first, lone queries as misses. */
  readonly paper: FigureSet;
  /** Queries of which some figure depends on the order of equal distances. */
  readonly tied: number;
  readonly worstLabels: readonly LabelFigures[];
  readonly histogram: DistanceHistogram;
  /** Query by query, in the order of `queries.ids`: what `compare` reads. */
  readonly perQuery: {
    /** Rank (from 1) of the first item of the query's label, ties by id; 0 for a lone query. */
    readonly firstRelevant: readonly number[];
    /** The figures of `main`, by name; 0 for lone queries. */
    readonly figures: Readonly<Record<string, readonly number[]>>;
  };
  readonly examples: readonly Example[];
}

/** A query and its nearest items. */
export interface Example {
  readonly id: string;
  readonly label: string;
  /** Whether the nearest item has the query's label. */
  readonly found: boolean;
  readonly neighbours: readonly {
    readonly id: string;
    readonly label: string;
    readonly distance: number;
    readonly right: boolean;
  }[];
}

/** What was evaluated: the subject of a report. */
export interface Subject {
  readonly protocol: Protocol;
  /** What was given: folders, files or a collection. */
  readonly queries: readonly string[];
  /** Null in self-retrieval. */
  readonly gallery: readonly string[] | null;
  readonly model: {
    readonly id: string;
    readonly name: string;
    readonly architecture: string;
  } | null;
}

/** How and where it was computed. */
export interface Circumstances {
  /** ISO 8601. */
  readonly createdAt: string;
  readonly seconds: number;
  /** The command line, or what asked for it. */
  readonly command: string;
  /** Of Snapshelf. */
  readonly version: string;
  /** Of the checkout that Snapshelf runs from; null where it was installed. */
  readonly commit: string | null;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly provider: string;
}

/**
 * A report of an evaluation as plain JSON. `formatVersion` rises when a field changes its meaning or leaves; the schema is
 * `evaluation.schema.json`.
 */
export interface Evaluation {
  readonly format: 'snapshelf-evaluation';
  readonly formatVersion: 1;
  readonly subject: Subject;
  readonly circumstances: Circumstances;
  readonly convention: Convention;
  /** What the figures follow, in sentences. */
  readonly rules: readonly string[];
  readonly ks: readonly number[];
  readonly seed: number;
  readonly dimension: number;
  readonly queries: {
    readonly count: number;
    readonly ids: readonly string[];
    readonly labels: readonly string[];
  };
  readonly gallery: { readonly count: number; readonly labels: number };
  /** Ids of queries without a relevant item. */
  readonly lone: readonly string[];
  /** Ids of queries whose very picture is in the gallery too; null where the pictures are not known. */
  readonly identical: readonly string[] | null;
  readonly results: readonly MetricEvaluation[];
  /** HNSW beside exact search; null where it was not asked for. */
  readonly index: IndexComparison | null;
  /** The seed paper's table for the protocol; null where the protocol is not one of its four. */
  readonly published: readonly PublishedResult[] | null;
}

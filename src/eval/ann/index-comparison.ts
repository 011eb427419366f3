import { exactSearchOf, HnswIndex } from '../../gallery/index.ts';
import { type AccumulatedMeasures, noItem, recallAt, relevanceByLabel } from '../../metrics/index.ts';
import { metricOf, type Ranking, rowOf } from '../../vectors/index.ts';
import type { IndexComparison, IndexPoint } from '../report/index-schema.ts';
import type { LabelledVectors, MetricChoice } from '../types.ts';
import { rescored } from './rescored.ts';
import {
  forEachInTurns,
  indexRecall,
  type Search,
  type TimeQueriesOptions,
  timeQueries,
} from './time-queries.ts';

/** The results of exact search for the same queries. */
export type ExactTruth = Pick<AccumulatedMeasures, 'nearest' | 'firstRelevant'>;

/** Options of `compareIndex`. */
export interface IndexComparisonOptions extends MetricChoice {
  /** K of Recall@K. */
  readonly ks: readonly number[];
  readonly truth: ExactTruth;
  /** Widths to search with, besides the live one. Default 16, 32, 64, 128, 256, 512. */
  readonly sweep?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((stage: string, done: number, total: number) => void) | undefined;
}

const defaultSweep = [16, 32, 64, 128, 256, 512];
/** The most queries to search. */
const mostQueries = 2000;

/** Queries of exact search, which is only timed: what it finds is known. */
const timedQueries = 100;

/** Returns at most `most` of the rows, evenly spread. */
function spread(rows: readonly number[], most: number): number[] {
  const count = Math.min(rows.length, most);
  return Array.from({ length: count }, (_, at) => rows[Math.floor((at * rows.length) / count)] ?? 0);
}

/** The true nearest items of some queries. */
const trueRankings = ({ nearest }: ExactTruth, rows: readonly number[]): Ranking[] =>
  rows.map((query) => {
    const start = query * nearest.count;
    const all = nearest.rows.subarray(start, start + nearest.count);
    const count = all.includes(noItem) ? all.indexOf(noItem) : all.length;
    return {
      query,
      neighbours: all.subarray(0, count),
      distances: nearest.distances.subarray(start, start + count),
    };
  });

/** An HNSW index with the settings of a collection, and the seconds that it took to build. */
async function buildIndex(
  items: LabelledVectors,
  { metric, signal, onProgress }: IndexComparisonOptions,
): Promise<{ readonly index: HnswIndex; readonly seconds: number }> {
  const count = items.ids.length;
  const index = HnswIndex.create({ metric, dimension: items.dimension, capacity: count });
  const started = performance.now();
  const add = (row: number): void => {
    index.add(row, rowOf(items, row));
    onProgress?.('indexing', row + 1, count);
  };
  await forEachInTurns(count, add, signal);
  return { index, seconds: (performance.now() - started) / 1000 };
}

/** The queries of a comparison. */
interface Queries {
  readonly queries: LabelledVectors;
  readonly items: LabelledVectors;
  readonly rows: readonly number[];
  readonly ks: readonly number[];
  readonly how: TimeQueriesOptions;
}

/** Searches the index at each width. */
async function sweepWidths(
  index: HnswIndex,
  { queries, items, rows, ks, how }: Queries,
  widths: readonly number[],
  options: IndexComparisonOptions,
): Promise<IndexPoint[]> {
  const { metric, truth, onProgress } = options;
  const { overFetch } = metricOf(metric).index;
  const relevance = relevanceByLabel(queries.labels, how.self ? undefined : items.labels);
  const known = trueRankings(truth, rows);
  const points: IndexPoint[] = [];
  for (const ef of widths) {
    onProgress?.('trying the index', points.length, widths.length);
    const direct: Search = (vector, k) => index.search(vector, k, { ef });
    const search = overFetch === 1 ? direct : rescored(items, options, direct, overFetch);
    const { rankings, queriesPerSecond } = await timeQueries(search, queries, rows, how);
    points.push({
      ef,
      indexRecall: indexRecall(known, rankings, how.k, metric),
      recall: (await recallAt(rankings, relevance, ks)).shares,
      queriesPerSecond,
    });
  }
  onProgress?.('trying the index', widths.length, widths.length);
  return points;
}

/**
 * Compares HNSW with exact search: builds an index over the gallery with the settings of a collection, and searches it at
 * several widths. Exact search is that of a collection, over its codes in memory. Both are timed on this
 * thread, without reading items; it blocks the thread in pieces.
 * @param gallery Undefined: each query is searched among the others.
 * @throws SnapshelfError `index-unavailable` if the native module is missing
 * @throws The reason of the signal once it is aborted.
 */
export async function compareIndex(
  queries: LabelledVectors,
  gallery: LabelledVectors | undefined,
  options: IndexComparisonOptions,
): Promise<IndexComparison> {
  const { metric, truth, sweep = defaultSweep, signal } = options;
  const items = gallery ?? queries;
  const self = gallery === undefined;
  const { index, seconds: buildSeconds } = await buildIndex(items, options);
  const { parameters } = index;
  const { overFetch } = metricOf(metric).index;
  if (parameters === null) throw new TypeError('An HNSW index must have parameters.');
  const counted = [...truth.firstRelevant.keys()].filter((row) => truth.firstRelevant[row] !== 0);
  const rows = spread(counted, mostQueries);
  const k = Math.min(truth.nearest.count, items.ids.length - Number(self));
  const ks = options.ks.filter((one) => one <= k);
  const how = { k, self, signal };
  const timed = rows.slice(0, timedQueries);
  const scan = exactSearchOf(items, options);
  // The first searches of a process are slow, whichever they are.
  await timeQueries((vector, many) => index.search(vector, many), queries, timed, how);
  await timeQueries(scan, queries, timed.slice(0, 10), how);
  const exact = await timeQueries(scan, queries, timed, how);
  const widths = [...new Set([...sweep, parameters.ef])].sort((a, b) => a - b);
  const share = (at: number): number =>
    rows.filter((row) => (truth.firstRelevant[row] ?? 0) <= at).length / rows.length;
  return {
    metric,
    m: parameters.m,
    efConstruction: parameters.efConstruction,
    k,
    ks,
    ...(overFetch > 1 && { overFetch }),
    liveEf: parameters.ef,
    buildSeconds,
    queries: rows.length,
    exact: { recall: ks.map(share), queriesPerSecond: exact.queriesPerSecond },
    sweep: await sweepWidths(index, { queries, items, rows, ks, how }, widths, options),
  };
}

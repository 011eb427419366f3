import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Neighbour, type Ranking, rowOf } from '../../vectors/index.ts';
import type { LabelledVectors, Metric } from '../types.ts';

/** Pieces of work, each of which blocks the thread, between two turns of the event loop. */
const workPerTurn = 16;

/**
 * Calls `work` for each number below `count`, and lets timers and signals in between.
 * @throws The reason of the signal once it is aborted.
 */
export async function forEachInTurns(
  count: number,
  work: (at: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    work(at);
    if (at % workPerTurn !== workPerTurn - 1) continue;
    await nextTurn();
    signal?.throwIfAborted();
  }
}

/** A way to find the `k` nearest items of a vector, nearest first. */
export type Search = (vector: Float32Array, k: number) => readonly Neighbour[];

/** The rankings that a search found, and its speed. */
export interface TimedQueries {
  /** The ranking of each query, without the query itself. */
  readonly rankings: readonly Ranking[];
  readonly queriesPerSecond: number;
}

/** Options of `timeQueries`. */
export interface TimeQueriesOptions {
  /** Neighbours per query. */
  readonly k: number;
  /** True if the queries are the gallery. */
  readonly self: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Searches the neighbours of some rows of `queries`, one query after the other on this thread.
 * @throws The reason of the signal once it is aborted.
 */
export async function timeQueries(
  search: Search,
  queries: LabelledVectors,
  rows: readonly number[],
  { k, self, signal }: TimeQueriesOptions,
): Promise<TimedQueries> {
  const rankings: Ranking[] = [];
  let milliseconds = 0;
  const one = (at: number): void => {
    const row = rows[at] ?? 0;
    const started = performance.now();
    const found = search(rowOf(queries, row), self ? k + 1 : k);
    milliseconds += performance.now() - started;
    rankings.push(rankingOf(row, found.filter(({ sequence }) => !self || sequence !== row).slice(0, k)));
  };
  await forEachInTurns(rows.length, one, signal);
  return { rankings, queriesPerSecond: (1000 * rows.length) / Math.max(milliseconds, 1e-3) };
}

/** The ranking of what an index answered: it is not checked, because an index may miss. */
const rankingOf = (query: number, found: readonly Neighbour[]): Ranking => ({
  query,
  neighbours: Uint32Array.from(found, ({ sequence }) => sequence),
  distances: Float32Array.from(found, ({ distance }) => distance),
});

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The error of float32 sums in another order: absolute for cosine distances, which are 1 - x, relative for L2. */
const rounding = (distance: number, metric: Metric): number => (metric === 'cosine' ? 1e-6 : 1e-6 * distance);

/**
 * Computes index recall, the mean over queries: the share of the first `k` true neighbours that were found, whatever
 * their labels. An item as near as the k-th counts as one of them.
 * @param found The rankings of the same queries, in the same order.
 */
export const indexRecall = (
  truth: readonly Ranking[],
  found: readonly Ranking[],
  k: number,
  metric: Metric,
): number =>
  mean(
    truth.map((exact, query) => {
      const wanted = new Set(exact.neighbours.subarray(0, k));
      const last = exact.distances[wanted.size - 1] ?? 0;
      const border = last + rounding(last, metric);
      const { neighbours = new Uint32Array(), distances = new Float32Array() } = found[query] ?? {};
      const hits = neighbours
        .subarray(0, wanted.size)
        .filter((row, at) => wanted.has(row) || (distances[at] ?? Number.NaN) <= border);
      return hits.length / wanted.size;
    }),
  );

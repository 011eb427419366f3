import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Neighbour, rowOf } from '../../vectors/index.ts';
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

/** The neighbours that a search found, and its speed. */
export interface TimedQueries {
  /** Neighbours per query, nearest first, without the query itself. */
  readonly neighbours: readonly (readonly Neighbour[])[];
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
  const neighbours: (readonly Neighbour[])[] = [];
  let milliseconds = 0;
  const one = (at: number): void => {
    const row = rows[at] ?? 0;
    const started = performance.now();
    const found = search(rowOf(queries, row), self ? k + 1 : k);
    milliseconds += performance.now() - started;
    neighbours.push(found.filter(({ sequence }) => !self || sequence !== row).slice(0, k));
  };
  await forEachInTurns(rows.length, one, signal);
  return { neighbours, queriesPerSecond: (1000 * rows.length) / Math.max(milliseconds, 1e-3) };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The error of float32 sums in another order: absolute for cosine distances, which are 1 - x, relative for L2. */
const rounding = (distance: number, metric: Metric): number => (metric === 'cosine' ? 1e-6 : 1e-6 * distance);

/**
 * Computes index recall, the mean over queries: the share of the first `k` true neighbours that were found, whatever
 * their labels. An item as near as the k-th counts as one of them.
 */
export const indexRecall = (
  truth: readonly (readonly Neighbour[])[],
  found: readonly (readonly Neighbour[])[],
  k: number,
  metric: Metric,
): number =>
  mean(
    truth.map((exact, query) => {
      const wanted = exact.slice(0, k);
      const rows = new Set(wanted.map(({ sequence }) => sequence));
      const last = wanted.at(-1)?.distance ?? 0;
      const border = last + rounding(last, metric);
      const hits = (found[query] ?? [])
        .slice(0, wanted.length)
        .filter(({ sequence, distance }) => rows.has(sequence) || distance <= border);
      return hits.length / wanted.length;
    }),
  );

/**
 * Computes Recall@K by label for each K.
 * @param wanted Label of each query.
 * @param labels Label of each item of the gallery.
 */
export const labelRecall = (
  neighbours: readonly (readonly Neighbour[])[],
  wanted: readonly string[],
  labels: readonly string[],
  ks: readonly number[],
): number[] =>
  ks.map((k) =>
    mean(
      neighbours.map((found, at) =>
        Number(found.slice(0, k).some(({ sequence }) => labels[sequence] === wanted[at])),
      ),
    ),
  );

import type { Neighbour, VectorIndex } from '../gallery/index.ts';
import { rowOf } from './search/space.ts';
import type { LabelledVectors, Metric } from './types.ts';

/** Lets timers and signals in between pieces of work that block the thread. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const workBetweenBreaths = 16;

/** Does `work` for each of `count` numbers, with a chance to abort. */
async function forEach(count: number, work: (at: number) => void, signal?: AbortSignal): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    work(at);
    if (at % workBetweenBreaths !== workBetweenBreaths - 1) continue;
    await breathe();
    signal?.throwIfAborted();
  }
}

/** Adds every row under its number. Returns the seconds that it took. */
export async function fill(
  index: VectorIndex,
  items: LabelledVectors,
  onRow: () => void,
  signal?: AbortSignal,
): Promise<number> {
  const started = performance.now();
  const add = (row: number): void => {
    index.add(row, rowOf(items, row));
    onRow();
  };
  await forEach(items.ids.length, add, signal);
  return (performance.now() - started) / 1000;
}

/** What one way to search finds, and how fast. */
export interface Answers {
  /** Of each query, nearest first, itself left out. */
  readonly neighbours: readonly (readonly Neighbour[])[];
  readonly queriesPerSecond: number;
}

/** Asks an index for the `k` nearest of some rows of `queries`. */
export async function ask(
  search: (vector: Float32Array, k: number) => readonly Neighbour[],
  queries: LabelledVectors,
  rows: readonly number[],
  {
    k,
    self,
    signal,
  }: { readonly k: number; readonly self: boolean; readonly signal?: AbortSignal | undefined },
): Promise<Answers> {
  const neighbours: (readonly Neighbour[])[] = [];
  let milliseconds = 0;
  const one = (at: number): void => {
    const row = rows[at] ?? 0;
    const started = performance.now();
    const found = search(rowOf(queries, row), self ? k + 1 : k);
    milliseconds += performance.now() - started;
    neighbours.push(found.filter(({ sequence }) => !self || sequence !== row).slice(0, k));
  };
  await forEach(rows.length, one, signal);
  return { neighbours, queriesPerSecond: (1000 * rows.length) / Math.max(milliseconds, 1e-3) };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** What float32 sums in another order may add: cosine distances are differences from 1, L2 is in proportion. */
const rounding = (distance: number, metric: Metric): number => (metric === 'cosine' ? 1e-6 : 1e-6 * distance);

/**
 * Share of the first k true neighbours that are found, the mean over queries: recall of the index, whatever the labels.
 * Any item as near as the k-th is as good.
 */
export const overlap = (
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

/** Recall@K by label for each K. */
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

import { setImmediate } from 'node:timers/promises';
import { type KnnOptions, knn } from '../../knn/index.ts';
import { type MeasureList, measuresOfRanks } from '../../metrics/index.ts';
import { rowOf } from '../../vectors/index.ts';
import type { StageMeasures } from '../split/stage-measures.ts';
import type { LabelledVectors } from '../types.ts';
import type { Orders } from './orders.ts';
import type { RankingLine } from './ranking-schema.ts';

/** Options of `measureRanking`. */
export interface RankingOptions extends Pick<KnnOptions, 'provider' | 'threads' | 'signal'> {
  /** K of Recall@K, 1 among them. */
  readonly ks: readonly number[];
  /** Seed of the intervals. */
  readonly seed: number;
  readonly onProgress?: ((stage: string, done: number, total: number) => void) | undefined;
}

/** The queries and the gallery that all lines are made of. */
export interface Work {
  readonly queries: LabelledVectors;
  readonly items: LabelledVectors;
  /** The row of each query in the gallery; -1 if it is not there. */
  readonly own: readonly number[];
  readonly list: MeasureList;
  readonly depth: number;
  readonly options: RankingOptions;
}

/** The titles of the lines. */
export const rankingTitles: Readonly<Record<RankingLine, string>> = {
  plain: 'plain',
  crop: 'crop auto',
  expand: 'expand',
  rerank: 'rerank',
  max: 'views max (products)',
  mean: 'views mean (products)',
};

/** Picks rows of vectors. */
export function pick(set: LabelledVectors, rows: readonly number[]): LabelledVectors {
  const vectors = new Float32Array(rows.length * set.dimension);
  for (const [at, row] of rows.entries()) vectors.set(rowOf(set, row), at * set.dimension);
  const of = (list: readonly string[]): string[] => rows.map((row) => list[row] ?? '');
  return { vectors, dimension: set.dimension, ids: of(set.ids), labels: of(set.labels) };
}

/** Searches with each query, and returns the nearest rows. */
export async function search(work: Work, queries: LabelledVectors, line: RankingLine): Promise<Orders> {
  const { items, own, depth, options } = work;
  const orders: Uint32Array[] = [];
  const rankings = knn(queries, items, {
    ...options,
    k: depth,
    distance: 'cosine',
    excludeSelf: own.some((row) => row >= 0),
    onProgress: (done, total) => options.onProgress?.(rankingTitles[line], done, total),
  });
  for await (const { query, neighbours } of rankings) orders[query] = Uint32Array.from(neighbours);
  return orders;
}

/** Measures orders of items or of products, which are right if another item of theirs than the query has its label. */
export function measured(work: Work, orders: Orders, groupOf: (row: number) => number): StageMeasures {
  const { queries, items, own, list } = work;
  const members = new Map<string, Map<number, number>>();
  for (const [row, label] of items.labels.entries()) {
    const groups = members.get(label) ?? new Map<number, number>();
    groups.set(groupOf(row), (groups.get(groupOf(row)) ?? 0) + 1);
    members.set(label, groups);
  }
  const columns = new Map(list.names.map((name) => [name, new Float64Array(orders.length)]));
  for (const [query, order] of orders.entries()) {
    const groups = members.get(queries.labels[query] ?? '') ?? new Map<number, number>();
    const row = own[query] ?? -1;
    const self = row < 0 ? -1 : groupOf(row);
    const ranks: number[] = [];
    for (const [at, group] of order.entries())
      if ((groups.get(group) ?? 0) > (group === self ? 1 : 0)) ranks.push(at + 1);
    const right = groups.size - (groups.get(self) === 1 ? 1 : 0);
    for (const [at, value] of measuresOfRanks(ranks, right, list).entries())
      (columns.get(list.names[at] ?? '') as Float64Array)[query] = value;
  }
  return columns;
}

/** Measures orders of items. */
export const ofItems = (work: Work, orders: Orders): StageMeasures => measured(work, orders, (row) => row);

/** Does something for each query, with progress and the mean milliseconds that it takes. */
export async function perQuery(work: Work, line: RankingLine, one: (query: number) => void): Promise<number> {
  const { queries, options } = work;
  const started = performance.now();
  for (const query of queries.ids.keys()) {
    one(query);
    options.onProgress?.(rankingTitles[line], query + 1, queries.ids.length);
    // The bar, and Ctrl+C, have their turn.
    if (query % 16 === 0) await setImmediate();
    options.signal?.throwIfAborted();
  }
  return (performance.now() - started) / queries.ids.length;
}

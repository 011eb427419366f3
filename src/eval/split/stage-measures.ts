import { type KnnOptions, knn } from '../../knn/index.ts';
import {
  countedRows,
  type MeasureList,
  MetricsAccumulator,
  measureList,
  pairedBootstrap,
  RequiredNeighbours,
} from '../../metrics/index.ts';
import type { LabelledVectors, MetricChoice } from '../types.ts';
import type { SplitRow } from './split-schema.ts';

/** Measures of one stage: a number per query, by name. */
export type StageMeasures = ReadonlyMap<string, ArrayLike<number>>;

/** The names of the measures of a line. */
export const namesOf = (ks: readonly number[]): string[] => [...ks.map((k) => `recall@${k}`), 'map@r'];

/** The measures of every query by exact search, and the rows of those that count. */
export interface ExactMeasures {
  readonly measures: StageMeasures;
  readonly counted: readonly number[];
}

/**
 * Measures queries by exact search.
 * @throws SnapshelfError, RangeError as `knn`.
 */
export async function measureExactly(
  queries: LabelledVectors,
  gallery: LabelledVectors | undefined,
  choice: MetricChoice,
  ks: readonly number[],
  options: Pick<KnnOptions, 'provider' | 'threads' | 'signal' | 'onProgress'>,
): Promise<ExactMeasures> {
  const list: MeasureList = measureList(ks);
  const accumulator = new MetricsAccumulator(queries, gallery, list, 1);
  const rankings = knn(queries, gallery ?? queries, {
    ...options,
    k: accumulator.depth,
    distance: choice.metric,
    metricOptions: choice.metricOptions,
    excludeSelf: gallery === undefined,
    required: new RequiredNeighbours(queries, gallery),
  });
  for await (const ranking of rankings) accumulator.add(ranking);
  const { byId } = accumulator.measures;
  const columns = list.names.map((name, at) => [name, byId.stable[at] ?? new Float64Array()] as const);
  return { measures: new Map(columns), counted: [...countedRows(byId, false)] };
}

/** Picks some queries of measures. */
export const pickRows = (measures: StageMeasures, rows: readonly number[]): StageMeasures =>
  new Map([...measures].map(([name, values]) => [name, rows.map((row) => values[row] ?? Number.NaN)]));

const meanOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** Makes the figures of a line, with their changes against the line above over the same queries. */
export function figuresOf(
  names: readonly string[],
  ids: readonly string[],
  measures: StageMeasures,
  above: StageMeasures | undefined,
  seed: number,
): SplitRow['figures'] {
  return names.map((name) => {
    const values = measures.get(name) ?? [];
    const before = above?.get(name);
    if (before === undefined) return { name, mean: meanOf(values), change: null };
    const { difference, interval } = pairedBootstrap({ ids, values }, { ids, values: before }, { seed });
    return { name, mean: meanOf(values), change: { difference, interval } };
  });
}

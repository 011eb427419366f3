import { checkOneOf, checkWhole } from '../../arguments.ts';
import {
  type BootstrapOptions,
  bootstrapIntervals,
  countedRows,
  type MeasureTable,
  status,
} from '../../metrics/index.ts';
import { counted } from '../../text.ts';
import type { Convention, LabelMeasures, MeasureSet } from './evaluation-schema.ts';
import { groupByLabel, meanOf, meanPerLabel, worstLabels } from './label-measures.ts';

/** Ids and labels of the queries of a table, by row, and how to summarise it. */
export interface SummaryOptions extends BootstrapOptions {
  readonly queryIds: readonly string[];
  readonly queryLabels: readonly string[];
  /** The same as `queryLabels` in self-retrieval. */
  readonly galleryLabels: readonly string[];
  /** The rules of the main measures. Default `by-id`. */
  readonly convention?: Convention | undefined;
  /** Number of the worst labels to list, from 0. Default 20. */
  readonly worst?: number | undefined;
}

/** The measures of a run over all its queries. */
export interface Summary {
  readonly convention: Convention;
  readonly queries: number;
  /** Lone queries left out under `by-id`, as misses under `paper`. */
  readonly main: MeasureSet;
  /** Lone queries left out. */
  readonly withoutLone: MeasureSet;
  /** Lone queries as misses: 0 in every measure. */
  readonly loneAsMisses: MeasureSet;
  /** Lone queries: those without a relevant item in the gallery. */
  readonly lone: { readonly count: number; readonly ids: readonly string[] };
  /** Queries with a measure that depends on the order of equal distances. */
  readonly tied: number;
  /** Worst first; over the queries of `main`. */
  readonly worstLabels: readonly LabelMeasures[];
}

function measureSet(table: MeasureTable, rows: Uint32Array, options: SummaryOptions): MeasureSet {
  if (rows.length === 0) return { queries: 0, labels: 0, figures: [] };
  const groups = groupByLabel(options.queryLabels, rows);
  const columns = table.stable.map((column) => Float64Array.from(rows, (row) => column[row] ?? Number.NaN));
  const intervals = bootstrapIntervals(columns, options);
  const mean = (column: Float64Array | undefined): number => meanOf(column ?? new Float64Array(), rows);
  const figures = table.measures.names.map((name, at) => ({
    name,
    mean: mean(table.stable[at]),
    interval: intervals[at] ?? [Number.NaN, Number.NaN],
    perLabel: meanPerLabel(table.stable[at] ?? new Float64Array(), groups),
    optimistic: mean(table.optimistic[at]),
    pessimistic: mean(table.pessimistic[at]),
  }));
  return { queries: rows.length, labels: groups.size, figures };
}

function checkOptions(
  queries: number,
  { queryIds, queryLabels, convention, worst = 20 }: SummaryOptions,
): void {
  if (queryIds.length !== queries || queryLabels.length !== queries)
    throw new RangeError(
      `${counted(queries, 'query has', 'queries have')} ${queryIds.length} ids and ${counted(queryLabels.length, 'label')}.`,
    );
  if (convention !== undefined) checkOneOf('convention', convention, ['by-id', 'paper']);
  checkWhole('worst', worst, { from: 0 });
}

/**
 * Computes means, bounds, intervals and the worst labels of a run.
 * @throws RangeError If a query has no measures, if there are more or fewer ids or labels than queries, or if `worst` or
 * `resamples` is out of range.
 * @throws TypeError For an unknown convention.
 */
export function summarise(table: MeasureTable, options: SummaryOptions): Summary {
  const { convention = 'by-id', queryIds, galleryLabels, worst = 20 } = options;
  checkOptions(table.statuses.length, options);
  const rows = countedRows(table, false);
  const all = countedRows(table, true);
  const loneIds = queryIds.filter((_, row) => table.statuses[row] === status.lone);
  const withoutLone = measureSet(table, rows, options);
  const loneAsMisses = loneIds.length === 0 ? withoutLone : measureSet(table, all, options);
  const paper = convention === 'paper';
  const groups = groupByLabel(options.queryLabels, paper ? all : rows);
  return {
    convention,
    queries: all.length,
    main: paper ? loneAsMisses : withoutLone,
    withoutLone,
    loneAsMisses,
    lone: { count: loneIds.length, ids: loneIds },
    tied: table.statuses.filter((value) => value === status.tied).length,
    worstLabels: worstLabels(table, groups, galleryLabels, worst),
  };
}

import { type BootstrapOptions, bootstrapIntervals, type Interval } from './bootstrap.ts';
import { groupByLabel, type LabelFigures, meanOf, meanPerLabel, worstLabels } from './labels.ts';
import { rowsThatCount, type Scores, state } from './scores.ts';

/**
 * `by-id`: the query leaves its ranking by id, lone queries stay out of the main figures. `paper`: the first neighbour
 * leaves (`judgeDropFirst`, before scoring), lone queries are misses.
 */
export type Convention = 'by-id' | 'paper';

/** Whose scores these are: ids and labels by row. */
export interface SummaryOptions extends BootstrapOptions {
  readonly queryIds: readonly string[];
  readonly queryLabels: readonly string[];
  /** The same as `queryLabels` in self-retrieval. */
  readonly galleryLabels: readonly string[];
  /** Which figures are the main ones. Default `by-id`. */
  readonly convention?: Convention | undefined;
  /** How many of the worst labels to list, from 0. Default 20. */
  readonly worst?: number | undefined;
}

/** One figure over many queries; shares in [0, 1]. */
export interface FigureSummary {
  readonly name: string;
  /** Mean over queries, ties in order of id. */
  readonly mean: number;
  /** Of that mean, by bootstrap over queries. */
  readonly interval: Interval;
  /** Mean over query labels of the mean within each. */
  readonly perLabel: number;
  /** Means over queries with relevant items first and last within every tie: no order of ties leaves these bounds. */
  readonly optimistic: number;
  readonly pessimistic: number;
}

/** All figures over one choice of queries. */
export interface FigureSet {
  readonly queries: number;
  readonly labels: number;
  /** In the order of the plan; empty when no query counts. */
  readonly figures: readonly FigureSummary[];
}

/** What a run comes to. */
export interface Summary {
  readonly convention: Convention;
  readonly queries: number;
  /** Lone queries left out under `by-id`, as misses under `paper`. */
  readonly main: FigureSet;
  /** Lone queries left out. */
  readonly withoutLone: FigureSet;
  /** Lone queries as misses: 0 in every figure. */
  readonly loneAsMisses: FigureSet;
  /** Queries with no relevant item in the gallery. */
  readonly lone: { readonly count: number; readonly ids: readonly string[] };
  /** Queries of which some figure depends on the order of equal distances. */
  readonly tied: number;
  /** Worst first; over the queries of `main`. */
  readonly worstLabels: readonly LabelFigures[];
}

function figureSet(scores: Scores, rows: Uint32Array, options: SummaryOptions): FigureSet {
  if (rows.length === 0) return { queries: 0, labels: 0, figures: [] };
  const groups = groupByLabel(options.queryLabels, rows);
  const columns = scores.stable.map((column) => Float64Array.from(rows, (row) => column[row] ?? Number.NaN));
  const intervals = bootstrapIntervals(columns, options);
  const mean = (column: Float64Array | undefined): number => meanOf(column ?? new Float64Array(), rows);
  const figures = scores.plan.names.map((name, at) => ({
    name,
    mean: mean(scores.stable[at]),
    interval: intervals[at] ?? [Number.NaN, Number.NaN],
    perLabel: meanPerLabel(scores.stable[at] ?? new Float64Array(), groups),
    optimistic: mean(scores.optimistic[at]),
    pessimistic: mean(scores.pessimistic[at]),
  }));
  return { queries: rows.length, labels: groups.size, figures };
}

function checkOptions(
  queries: number,
  { queryIds, queryLabels, convention, worst = 20 }: SummaryOptions,
): void {
  if (queryIds.length !== queries || queryLabels.length !== queries)
    throw new RangeError(`${queries} queries have ${queryIds.length} ids and ${queryLabels.length} labels`);
  if (convention !== undefined && convention !== 'by-id' && convention !== 'paper')
    throw new TypeError(`convention must be "by-id" or "paper", not ${JSON.stringify(convention)}`);
  if (!Number.isSafeInteger(worst) || worst < 0)
    throw new RangeError(`worst must be a whole number from 0, not ${worst}`);
}

/**
 * Averages, bounds, intervals and the worst labels of a run in which every query is scored.
 * @throws RangeError when a query is not scored, when ids or labels are more or fewer than queries, or when `worst` or
 * `resamples` is out of range; TypeError for an unknown convention.
 */
export function summarise(scores: Scores, options: SummaryOptions): Summary {
  const { convention = 'by-id', queryIds, galleryLabels, worst = 20 } = options;
  checkOptions(scores.states.length, options);
  const [rows, all] = [rowsThatCount(scores, false), rowsThatCount(scores, true)];
  const loneIds = queryIds.filter((_, row) => scores.states[row] === state.lone);
  const withoutLone = figureSet(scores, rows, options);
  const loneAsMisses = loneIds.length === 0 ? withoutLone : figureSet(scores, all, options);
  const paper = convention === 'paper';
  const groups = groupByLabel(options.queryLabels, paper ? all : rows);
  return {
    convention,
    queries: all.length,
    main: paper ? loneAsMisses : withoutLone,
    withoutLone,
    loneAsMisses,
    lone: { count: loneIds.length, ids: loneIds },
    tied: scores.states.filter((value) => value === state.tied).length,
    worstLabels: worstLabels(scores, groups, galleryLabels, worst),
  };
}

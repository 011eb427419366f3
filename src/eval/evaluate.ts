import { type KnnOptions, knn } from '../knn/index.ts';
import {
  type AccumulatedMeasures,
  type MeasureList,
  MetricsAccumulator,
  measureList,
  RequiredNeighbours,
} from '../metrics/index.ts';
import { decideProvider } from '../runtime/index.ts';
import { isMetric, settleMetric, weakNumbersOf } from '../vectors/index.ts';
import { compareIndex } from './ann/index-comparison.ts';
import { checkedInput, type EvaluationInput } from './evaluation-input.ts';
import { measureRanking, type RankingSource } from './ranking/measure-ranking.ts';
import { confusionsOf } from './report/confusions.ts';
import { distanceHistogram } from './report/distance-histogram.ts';
import { environmentOf } from './report/environment.ts';
import type { Convention, Evaluation, MetricEvaluation } from './report/evaluation-schema.ts';
import { drawExamples } from './report/examples.ts';
import type { IndexComparison } from './report/index-schema.ts';
import { labelConflicts } from './report/label-conflicts.ts';
import { publishedFor } from './report/published-results.ts';
import { rulesOf } from './report/rules.ts';
import { summarise } from './report/summarise.ts';
import { type SplitSource, splitLoss } from './split/split-loss.ts';
import type { Metric, MetricChoice, MetricOptions } from './types.ts';
import { usableKs } from './what-counts.ts';

/** Options of `evaluate`. */
export interface EvaluationOptions {
  /** Default cosine and l2. */
  readonly metrics?: readonly Metric[] | undefined;
  /** The numbers of `weak-metric`. Default: those that it has. */
  readonly metricOptions?: MetricOptions | undefined;
  /** K of Recall@K and NDCG@K, each a whole number from 1; 1 is always among them. Those above the gallery's size are left out. */
  readonly ks: readonly number[];
  /** The rules of the headline. Default `by-id`. */
  readonly convention?: Convention | undefined;
  /** Compares HNSW with exact search. Default false. */
  readonly index?: boolean | undefined;
  /** Also measures, under the first metric, where recall is lost between a picture and an answer. Default: not. */
  readonly splitLoss?: SplitSource | undefined;
  /** Also measures what options that change the order of answers are worth, under cosine. Default: not. */
  readonly ranking?: RankingSource | undefined;
  /** Seed of the bootstrap, the histograms and the choice of examples, uint32. Default 0. */
  readonly seed?: number | undefined;
  /** Number of the worst labels and of the most confused pairs of labels to list, from 0. Default 20. */
  readonly worst?: number | undefined;
  /** The command line, or what asked for the evaluation. Default empty. */
  readonly command?: string | undefined;
  /** The provider that computes scores. Default `auto`. */
  readonly provider?: KnnOptions['provider'] | undefined;
  /** Threads of the search, from 1. Default: all cores. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the progress of a stage, such as `searching (cosine)` or `indexing`. */
  readonly onProgress?: ((stage: string, done: number, total: number) => void) | undefined;
}

/** Neighbours per query that are kept, for examples and to compare an index with. */
const keptNeighbours = 10;

/** Searches the gallery and accumulates the measures of every query. */
async function measure(
  { queries, gallery }: EvaluationInput,
  choice: MetricChoice,
  list: MeasureList,
  { provider, threads, signal, onProgress }: EvaluationOptions,
): Promise<MetricsAccumulator> {
  const accumulator = new MetricsAccumulator(queries, gallery, list, keptNeighbours);
  const rankings = knn(queries, gallery ?? queries, {
    k: accumulator.depth,
    distance: choice.metric,
    metricOptions: choice.metricOptions,
    excludeSelf: gallery === undefined,
    required: new RequiredNeighbours(queries, gallery),
    provider,
    threads,
    signal,
    onProgress: (done, total) => onProgress?.(`searching (${choice.metric})`, done, total),
  });
  for await (const ranking of rankings) accumulator.add(ranking);
  return accumulator;
}

function perQuery(measures: AccumulatedMeasures, convention: Convention): MetricEvaluation['perQuery'] {
  const table = convention === 'paper' ? (measures.dropFirst ?? measures.byId) : measures.byId;
  const columns = table.measures.names.map((name, at) => [name, [...(table.stable[at] ?? [])]] as const);
  return { firstRelevant: [...measures.firstRelevant], figures: Object.fromEntries(columns) };
}

/** Summarises the measures of one metric. */
function metricEvaluation(
  { queries, gallery }: EvaluationInput,
  choice: MetricChoice,
  measures: AccumulatedMeasures,
  { convention = 'by-id', seed = 0, worst }: EvaluationOptions,
): MetricEvaluation {
  const items = gallery ?? queries;
  const weak = weakNumbersOf(choice);
  const options = {
    seed,
    worst,
    queryIds: queries.ids,
    queryLabels: queries.labels,
    galleryLabels: items.labels,
  };
  const byId = summarise(measures.byId, options);
  const paper = summarise(measures.dropFirst ?? measures.byId, { ...options, convention: 'paper' });
  const { main, worstLabels, tied } = convention === 'paper' ? paper : byId;
  const rest = measures.withoutIdentical;
  return {
    ...choice,
    ...(weak && { isMetric: isMetric(weak) }),
    main,
    withoutLone: byId.withoutLone,
    loneAsMisses: byId.loneAsMisses,
    withoutIdentical: rest === null ? null : summarise(rest, options).main,
    paper: paper.main,
    tied,
    worstLabels,
    confusions: confusionsOf(queries, items, measures, worst ?? 20),
    histogram: distanceHistogram(queries, gallery, choice, seed),
    perQuery: perQuery(measures, convention),
    examples: drawExamples(queries, items, measures, seed),
  };
}

const idsAt = (ids: readonly string[], rows: readonly number[]): string[] =>
  rows.map((row) => ids[row] ?? '');

const loneIds = (ids: readonly string[], { firstRelevant }: AccumulatedMeasures): string[] =>
  idsAt(
    ids,
    [...firstRelevant.keys()].filter((row) => firstRelevant[row] === 0),
  );

/** Compares HNSW with exact search if that was asked for and a query counts. */
async function indexOf(
  { queries, gallery }: EvaluationInput,
  choice: MetricChoice,
  truth: AccumulatedMeasures,
  list: MeasureList,
  { index, signal, onProgress }: EvaluationOptions,
): Promise<IndexComparison | null> {
  if (!index || truth.firstRelevant.every((rank) => rank === 0)) return null;
  return compareIndex(queries, gallery, { ...choice, ks: list.cutoffs.recall, truth, signal, onProgress });
}

/** Measures where recall is lost, and what options of ranking are worth, if that was asked for. */
async function furtherOf(
  input: EvaluationInput,
  choice: MetricChoice,
  ks: readonly number[],
  { splitLoss: source, ranking, seed = 0, provider, threads, signal, onProgress }: EvaluationOptions,
): Promise<Pick<Evaluation, 'splitLoss' | 'ranking'>> {
  const how = { ks, seed, provider, threads, signal, onProgress };
  const split = source && (await splitLoss(input, source, { ...(source.choice ?? choice), ...how }));
  const compared = ranking && (await measureRanking(input, ranking, how));
  return { ...(split && { splitLoss: split }), ...(compared && { ranking: compared }) };
}

/** Settles the metrics. @throws TypeError, RangeError as `settleMetric`; RangeError for numbers that no metric takes. */
function choicesOf({ metrics = ['cosine', 'l2'], metricOptions }: EvaluationOptions): MetricChoice[] {
  if (metrics.length === 0) throw new RangeError('metrics must name at least one metric.');
  if (metricOptions !== undefined && !metrics.includes('weak-metric'))
    throw new RangeError('metricOptions must be left out unless weak-metric is among the metrics.');
  return metrics.map((metric) =>
    settleMetric(metric === 'weak-metric' ? { metric, metricOptions } : { metric }),
  );
}

/**
 * Evaluates retrieval by exact search under each metric, by the rules that the report states.
 * @throws RangeError For options out of range and for vectors that do not fit each other.
 * @throws SnapshelfError `nothing-relevant`, `vector-invalid`, `dimension-mismatch`, `provider-unavailable`,
 * `index-unavailable`
 * @throws The reason of the signal once it is aborted.
 * @example
 * ```ts
 * import { evaluate, readVectorFiles } from 'snapshelf/evaluate';
 *
 * const gallery = await readVectorFiles({ vectors: 'gallery.npy', labels: 'gallery.txt' });
 * const queries = await readVectorFiles({ vectors: 'query.npy', labels: 'query.txt' });
 * const evaluation = await evaluate(
 *   {
 *     queries,
 *     gallery,
 *     subject: { protocol: 'query-gallery', queries: ['query.npy'], gallery: ['gallery.npy'], model: null },
 *   },
 *   { ks: [1, 10] },
 * );
 * ```
 */
export async function evaluate(input: EvaluationInput, options: EvaluationOptions): Promise<Evaluation> {
  const { convention = 'by-id', seed = 0, command = '' } = options;
  const started = performance.now();
  const choices = choicesOf(options);
  const checked = checkedInput(input, choices);
  const { queries, gallery, subject } = checked;
  const { ks, leftOut } = usableKs(options.ks, queries, gallery);
  // NDCG@1 is Recall@1.
  const aboveOne = ks.filter((k) => k > 1);
  const list = measureList(ks, aboveOne);
  const results: MetricEvaluation[] = [];
  const accumulators: MetricsAccumulator[] = [];
  for (const choice of choices) {
    const accumulator = await measure(checked, choice, list, options);
    accumulators.push(accumulator);
    results.push(metricEvaluation(checked, choice, accumulator.measures, options));
  }
  // Lone and identical queries are the same under every metric.
  const { measures, identicalQueries } = accumulators[0] as MetricsAccumulator;
  const index = await indexOf(checked, choices[0] as MetricChoice, measures, list, options);
  const further = await furtherOf(checked, choices[0] as MetricChoice, list.cutoffs.recall, options);
  const items = gallery ?? queries;
  const { provider } = await decideProvider(options.provider ?? 'auto');
  return {
    format: 'snapshelf-evaluation',
    formatVersion: 1,
    subject,
    convention,
    seed,
    circumstances: environmentOf({ command, provider }, performance.now() - started),
    rules: rulesOf(convention, choices),
    ks: list.cutoffs.recall,
    ksLeftOut: leftOut,
    dimension: queries.dimension,
    queries: { count: queries.ids.length, ids: queries.ids, labels: queries.labels },
    gallery: { count: items.ids.length, labels: new Set(items.labels).size },
    lone: loneIds(queries.ids, measures),
    identical: identicalQueries === null ? null : idsAt(queries.ids, identicalQueries),
    labelConflicts: labelConflicts(queries, gallery),
    results,
    index,
    ...further,
    published: publishedFor(subject.protocol, list.cutoffs.recall),
  };
}

import { decideProvider } from '../runtime/index.ts';
import { version } from '../version.ts';
import { circumstances } from './circumstances.ts';
import type { Evaluation, MetricEvaluation, Subject } from './evaluation.ts';
import { type ExactSearchOptions, exactSearch } from './exact-search.ts';
import { examplesOf } from './examples.ts';
import { distanceHistogram } from './histogram.ts';
import { compareIndex } from './index-recall.ts';
import { type Convention, type FigurePlan, figurePlan, summarise } from './metrics/index.ts';
import { publishedFor } from './published.ts';
import { rulesOf } from './rules.ts';
import { type MetricScores, ScoreKeeper } from './score-keeper.ts';
import type { LabelledVectors, Metric } from './types.ts';

/** What is compared. Rows are in the order of their ids. */
export interface EvaluationInput {
  readonly queries: LabelledVectors;
  /** Without, each query is looked for among all the others. */
  readonly gallery?: LabelledVectors | undefined;
  readonly subject: Subject;
}

/** How it is evaluated; every field has a default. */
export interface EvaluationOptions {
  /** Default both. */
  readonly metrics?: readonly Metric[] | undefined;
  /** K of Recall@K and NDCG@K, each 1 or more; 1 is always among them. */
  readonly ks: readonly number[];
  /** Whose rules the headline follows. Default `by-id`. */
  readonly convention?: Convention | undefined;
  /** Whether HNSW is compared with exact search. Default false. */
  readonly index?: boolean | undefined;
  /** Of the bootstrap, the histograms and the choice of examples. Default 0. */
  readonly seed?: number | undefined;
  /** Labels in the table of the worst. Default 20. */
  readonly worst?: number | undefined;
  /** What asked for it, for the record. */
  readonly command?: string | undefined;
  readonly provider?: ExactSearchOptions['provider'] | undefined;
  /** Threads of the search, 1 or more. Default: all cores. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** `stage` is `searching (cosine)`, `indexing` and the like. */
  readonly onProgress?: ((stage: string, done: number, total: number) => void) | undefined;
}

/** Neighbours of a query that are kept, for pictures and to judge an index by. */
const shownNeighbours = 10;

async function score(
  { queries, gallery }: EvaluationInput,
  metric: Metric,
  plan: FigurePlan,
  { provider, threads, signal, onProgress }: EvaluationOptions,
): Promise<ScoreKeeper> {
  const keeper = new ScoreKeeper(queries, gallery, plan, shownNeighbours);
  const rankings = exactSearch(queries, gallery ?? queries, {
    ...{ metric, depth: keeper.depth, self: gallery === undefined, provider, threads, signal },
    onProgress: (done, total) => onProgress?.(`searching (${metric})`, done, total),
  });
  for await (const ranking of rankings) keeper.add(ranking);
  return keeper;
}

function perQuery(scores: MetricScores, convention: Convention): MetricEvaluation['perQuery'] {
  const main = convention === 'paper' ? (scores.dropFirst ?? scores.byId) : scores.byId;
  const columns = main.plan.names.map((name, at) => [name, [...(main.stable[at] ?? [])]] as const);
  return { firstRelevant: [...scores.firstRelevant], figures: Object.fromEntries(columns) };
}

/** The figures of one metric out of its scores. */
function metricEvaluation(
  input: EvaluationInput,
  metric: Metric,
  scores: MetricScores,
  { convention = 'by-id', seed = 0, worst }: EvaluationOptions,
): MetricEvaluation {
  const { queries, gallery } = input;
  const options = {
    ...{ seed, worst },
    queryIds: queries.ids,
    queryLabels: queries.labels,
    galleryLabels: (gallery ?? queries).labels,
  };
  const byId = summarise(scores.byId, options);
  const paper = summarise(scores.dropFirst ?? scores.byId, { ...options, convention: 'paper' });
  const { main, worstLabels, tied } = convention === 'paper' ? paper : byId;
  const { withoutLone, loneAsMisses } = byId;
  const rest = scores.withoutIdentical;
  return {
    ...{ metric, main, withoutLone, loneAsMisses, tied, worstLabels },
    withoutIdentical: rest === null ? null : summarise(rest, options).main,
    paper: paper.main,
    histogram: distanceHistogram(queries, gallery, metric, seed),
    perQuery: perQuery(scores, convention),
    examples: examplesOf(queries, gallery ?? queries, scores, seed),
  };
}

const namesAt = (ids: readonly string[], rows: readonly number[]): string[] =>
  rows.map((row) => ids[row] ?? '');

/**
 * Evaluates a retrieval: exact search under each metric, figures under the rules that the report states.
 * @throws RangeError for options out of range and for vectors that do not fit each other; SnapshelfError
 * `vector-invalid`, `provider-unavailable`, `index-unavailable`; the signal's reason when it aborts.
 */
export async function evaluate(input: EvaluationInput, options: EvaluationOptions): Promise<Evaluation> {
  const { metrics = ['cosine', 'l2'], ks, convention = 'by-id', seed = 0, command = '' } = options;
  const started = performance.now();
  if (input.gallery === undefined && input.queries.ids.length < 2)
    throw new RangeError(`self-retrieval needs two vectors or more, not ${input.queries.ids.length}`);
  const { queries, gallery, subject } = input;
  // NDCG@1 is Recall@1.
  const plan = figurePlan(
    ks,
    ks.filter((k) => k > 1),
  );
  const results: MetricEvaluation[] = [];
  const keepers: ScoreKeeper[] = [];
  for (const metric of metrics) {
    const keeper = await score(input, metric, plan, options);
    keepers.push(keeper);
    results.push(metricEvaluation(input, metric, keeper.scores, options));
  }
  const [keeper] = keepers;
  if (keeper === undefined) throw new RangeError('name at least one metric');
  const { firstRelevant } = keeper.scores;
  const lone = [...firstRelevant.keys()].filter((row) => firstRelevant[row] === 0);
  const identical = keeper.identicalQueries;
  const index =
    options.index && lone.length < firstRelevant.length
      ? await compareIndex(queries, gallery, {
          ...{ ks: plan.cutoffs.recall, truth: keeper.scores },
          ...{ signal: options.signal, onProgress: options.onProgress },
          metric: metrics[0] ?? 'cosine',
        })
      : null;
  const items = gallery ?? queries;
  const { provider } = await decideProvider(options.provider ?? 'auto');
  return {
    ...{ format: 'snapshelf-evaluation', formatVersion: 1, subject, convention, seed },
    circumstances: circumstances({ version, command, provider, milliseconds: performance.now() - started }),
    rules: rulesOf(convention),
    ks: plan.cutoffs.recall,
    dimension: queries.dimension,
    queries: { count: queries.ids.length, ids: queries.ids, labels: queries.labels },
    gallery: { count: items.ids.length, labels: new Set(items.labels).size },
    lone: namesAt(queries.ids, lone),
    identical: identical === null ? null : namesAt(queries.ids, identical),
    ...{ results, index },
    published: publishedFor(subject.protocol, plan.cutoffs.recall),
  };
}

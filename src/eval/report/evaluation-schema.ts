import { z } from 'zod';
import { metricNames, metricOptionsSchema } from '../../vectors/index.ts';
// Not from the room's index: pages need no database.
import { protocols } from '../protocols.ts';
import { rankingComparisonSchema } from '../ranking/ranking-schema.ts';
import { splitLossSchema } from '../split/split-schema.ts';
import { index, metric } from './index-schema.ts';
import { confusion, labelConflicts } from './label-schema.ts';
import {
  boundedList,
  boundedRecord,
  count,
  counts,
  numbers,
  percentages,
  positive,
  share,
  shares,
  texts,
} from './schema-parts.ts';

/** Most measures of a query: a comparison resamples each. */
const mostMeasures = 256;

const convention = z
  .enum(['by-id', 'paper'])
  .describe(
    'by-id: the query leaves its ranking by id, lone queries are left out of the headline. paper: the first hit leaves, lone queries are misses.',
  );

const measure = z.object({
  name: z.string().max(64).describe('recall@K, r-precision, map@r, mrr or ndcg@K.'),
  mean: share.describe('Mean over queries; equal distances in the order of ids.'),
  interval: z
    .tuple([share, share])
    .describe('95 % percentile interval of the mean, by bootstrap over queries.'),
  perLabel: share.describe('Mean over labels of the mean within each label.'),
  optimistic: share.describe('Mean with relevant items first within every tie: no order of ties gives more.'),
  pessimistic: share.describe('Mean with relevant items last within every tie: no order of ties gives less.'),
});

const measures = z
  .object({
    queries: count,
    labels: count,
    figures: boundedList(mostMeasures, measure).describe('Empty if no query counts.'),
  })
  .meta({ id: 'figures' });

const labelMeasures = z.object({
  label: z.string(),
  queries: count.describe('Queries of the label that count.'),
  recallAt1: share.describe('Mean over these queries.'),
  rPrecision: share.describe('Mean over these queries.'),
  galleryItems: count.describe('Items of the gallery with the label.'),
});

const example = z.object({
  id: z.string(),
  label: z.string(),
  found: z.boolean().describe('Whether the nearest item has the label of the query.'),
  neighbours: boundedList(
    100,
    z.object({
      id: z.string(),
      label: z.string(),
      distance: z.number().min(0),
      right: z.boolean().describe('Whether the item has the label of the query.'),
    }),
  ).describe('The nearest items, nearest first.'),
});

const histogram = z.object({
  edges: numbers.describe('Edges of the bins, one more than there are bins.'),
  positive: shares.describe('Share of the pairs with equal labels in each bin; empty if there are none.'),
  negative: shares.describe('Share of the pairs with different labels in each bin; empty if there are none.'),
});

const result = z
  .object({
    metric,
    metricOptions: metricOptionsSchema.optional().describe('The numbers of weak-metric.'),
    isMetric: z
      .boolean()
      .optional()
      .describe('Whether the triangle inequality holds, of weak and weak-metric: 2^(P+1) - 2^(2P) >= b/a.'),
    main: measures.describe('The headline, under the convention of the report.'),
    withoutLone: measures.describe('Queries without a relevant item left out.'),
    loneAsMisses: measures.describe('Queries without a relevant item as misses.'),
    withoutIdentical: measures
      .nullable()
      .describe('Without gallery pictures that are byte for byte the query; null if there are none.'),
    paper: measures.describe("The seed paper's convention: first hit dropped, lone queries as misses."),
    tied: count.describe('Queries with a measure that depends on the order of equal distances.'),
    worstLabels: boundedList(1000, labelMeasures).describe('Lowest Recall@1 first.'),
    confusions: boundedList(1000, confusion)
      .optional()
      .describe('Queries whose nearest item has another label, the most frequent pair of labels first.'),
    histogram: histogram.describe('Distances of pairs with equal and with different labels.'),
    perQuery: z
      .object({
        firstRelevant: counts.describe(
          'Rank (from 1) of the first item with the label of the query; 0 for a lone query.',
        ),
        figures: boundedRecord(mostMeasures, shares).describe(
          'The measures of main by name; 0 for lone queries.',
        ),
      })
      .describe('Lists in the order of queries.ids.'),
    examples: boundedList(1000, example).describe('Drawn queries with their nearest items.'),
  })
  .meta({ id: 'result' });

const published = z.object({
  method: z.string(),
  metric,
  architecture: z.string(),
  recall: percentages.describe(
    'Recall@K in percent for the K of the protocol; null where it was not published.',
  ),
});

const subject = z.object({
  protocol: z.enum(protocols),
  queries: texts.describe('What was given: folders, files or a collection.'),
  gallery: texts.nullable().describe('The same of the gallery; null: each query among all the others.'),
  model: z
    .object({
      id: z.string().describe('SHA-256 of the model file.'),
      name: z.string(),
      architecture: z.string(),
    })
    .nullable()
    .describe('Null: vectors from elsewhere.'),
});

const environment = z.object({
  createdAt: z.string().describe('ISO 8601.'),
  seconds: z.number().min(0).describe('Seconds of search and measures, without embedding.'),
  command: z.string().describe('The command line, or what asked for it.'),
  version: z.string().describe('Version of Snapshelf.'),
  commit: z
    .string()
    .nullable()
    .describe('Commit of the checkout that Snapshelf runs from; null if installed.'),
  node: z.string(),
  cpu: z.string(),
  cores: positive,
  memoryGiB: z.number(),
  provider: z.string(),
});

const fields = z.object({
  format: z.literal('snapshelf-evaluation'),
  formatVersion: z.literal(1),
  subject,
  circumstances: environment.describe('How and where it was computed.'),
  convention,
  rules: texts.describe('The rules that the report follows, in sentences.'),
  ks: counts.describe('K of Recall@K.'),
  ksLeftOut: counts
    .optional()
    .describe('K that were asked for and are above the number of items a query is searched among.'),
  seed: z.int().describe('Seed of the intervals, the histograms and the choice of examples.'),
  dimension: positive,
  queries: z.object({ count, ids: texts, labels: texts }),
  gallery: z.object({ count, labels: count.describe('Different labels.') }),
  lone: texts.describe('Ids of queries without a relevant item.'),
  identical: texts
    .nullable()
    .describe('Ids of queries whose picture is in the gallery too; null if the pictures are not known.'),
  labelConflicts: labelConflicts
    .nullable()
    .optional()
    .describe('The same picture under several labels; null if the pictures are not known.'),
  results: boundedList(metricNames.length, result)
    .refine((results) => results.length > 0, 'is empty')
    .meta({ minItems: 1, maxItems: metricNames.length })
    .describe('One for each metric.'),
  index: index.nullable().describe('HNSW beside exact search; null if it was not asked for.'),
  splitLoss: splitLossSchema
    .optional()
    .describe(
      'Where recall is lost, a line for each stage between a picture and an answer; absent if it was not asked for.',
    ),
  ranking: rankingComparisonSchema
    .optional()
    .describe(
      'What options that change the order of answers are worth, a line for each; absent if it was not asked for.',
    ),
  published: boundedList(100, published)
    .nullable()
    .describe("The seed paper's table; null if the protocol is not one of its four."),
});

/**
 * A report of an evaluation as plain JSON: `evaluation.schema.json` is made of this schema. `formatVersion` rises when a
 * field changes its meaning or leaves.
 */
export type Evaluation = z.infer<typeof fields>;

/** Checks what JSON Schema cannot: every list of a query has a number for each query, and a metric comes once. */
function fitsTogether({ queries, results }: Pick<Evaluation, 'queries' | 'results'>): boolean {
  const rows = queries.ids.length;
  const columns = results.flatMap(({ perQuery }) => [
    perQuery.firstRelevant,
    ...Object.values(perQuery.figures),
  ]);
  return (
    queries.labels.length === rows &&
    columns.every((column) => column.length === rows) &&
    new Set(results.map((one) => one.metric)).size === results.length
  );
}

/** The schema of `Evaluation`. */
export const evaluationSchema: z.ZodType<Evaluation> = fields
  .refine(fitsTogether, 'has lists of different lengths')
  .meta({ title: 'A recall report of snapshelf evaluate', $id: 'urn:snapshelf:schema:evaluation:1' });

/** The rules of the headline. */
export type Convention = z.infer<typeof convention>;
/** One measure over many queries; shares in [0, 1]. */
export type MeasureSummary = z.infer<typeof measure>;
/** All measures over one choice of queries. */
export type MeasureSet = z.infer<typeof measures>;
/** The measures of one label. */
export type LabelMeasures = z.infer<typeof labelMeasures>;
/** A query and its nearest items. */
export type Example = z.infer<typeof example>;
/** The distributions of the distances between equal labels and between different ones. */
export type DistanceHistogram = z.infer<typeof histogram>;
/** The measures of one metric. */
export type MetricEvaluation = z.infer<typeof result>;
/** One line of the seed paper's Table 4. */
export type PublishedResult = z.infer<typeof published>;
/** The description of the evaluated vectors. */
export type Subject = z.infer<typeof subject>;
/** The conditions under which an evaluation was computed. */
export type Environment = z.infer<typeof environment>;

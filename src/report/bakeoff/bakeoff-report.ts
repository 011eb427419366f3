import { z } from 'zod';

const count = z.int().min(0);
const share = z
  .number()
  .min(0)
  .max(1 + 1e-9);
const difference = z.number().min(-1).max(1);

const value = z.union([z.number(), z.boolean()]);

const tried = z.object({
  value,
  score: share
    .nullable()
    .describe('What values are chosen by, on the validation labels; null: there is none.'),
  recallAt1: share.nullable(),
  state: z.enum(['done', 'failed', 'missing']),
});

const figure = z.object({
  metric: z.string(),
  name: z.string().describe('recall@K, r-precision, map@r, mrr or ndcg@K.'),
  mean: share.describe('Mean over seeds of the means over queries.'),
  deviation: z
    .number()
    .min(0)
    .nullable()
    .describe('Sample standard deviation over seeds; null for one seed.'),
  values: z.array(share).describe('By seed.'),
});

const compared = z.object({
  name: z.string(),
  difference: difference.describe("This loss minus the baseline, of each query's mean over seeds."),
  interval: z.tuple([difference, difference]).describe('95 % interval by paired bootstrap over queries.'),
  wins: count.describe('Queries that are better with this loss.'),
  losses: count,
  equal: count,
});

const lossReport = z.object({
  loss: z.string(),
  sampler: z.string().describe('How its batches are drawn.'),
  setting: z.string().nullable().describe('The value of the recipe that was chosen; null: nothing was.'),
  chosen: value.nullable(),
  fixed: z.array(z.string()).describe('Options that do not have their defaults, key=value.'),
  tried: z.array(tried),
  seeds: z.array(count).describe('Seeds whose final training is done.'),
  planned: count.describe('Final trainings of the plan.'),
  failures: z.array(z.object({ job: z.string(), reason: z.string() })),
  figures: z.array(figure),
  against: z
    .array(compared)
    .nullable()
    .describe('Beside the baseline, by the metric of the headline; null: not possible yet.'),
  secondsPerStep: z.number().min(0).nullable().describe('Median over the final trainings.'),
  curve: z.array(z.object({ step: count, loss: z.number() })).describe('Of the first final training.'),
  validations: z
    .array(z.object({ epoch: count, recall: share }))
    .describe('Recall@1 of the search with the chosen value.'),
});

const published = z.object({
  method: z.string(),
  metric: z.string(),
  architecture: z.string(),
  recall: z.array(z.number().nullable()),
});

/** The report of a bake-off, `report.json`. */
export const bakeoffReportSchema = z
  .object({
    format: z.literal('snapshelf-bakeoff-report'),
    formatVersion: z.literal(1),
    createdAt: z.string(),
    version: z.string(),
    bakeoff: z.string().describe('The id of the plan.'),
    metric: z.string().describe('The distance of the headline.'),
    selection: z.string().describe('The measure that values are chosen by.'),
    ks: z.array(count),
    baseline: z.string(),
    about: z
      .array(z.object({ name: z.string(), value: z.string() }))
      .describe('What all trainings have in common.'),
    rules: z.array(z.string()),
    start: z
      .array(figure)
      .nullable()
      .describe('The initial weights, not trained; null: random ones, or not measured.'),
    losses: z.array(lossReport),
    jobs: count,
    missing: z.array(z.string()).describe('Jobs that are not done.'),
    machines: z.array(z.string()).describe('What the trainings ran on.'),
    published: z.object({ ks: z.array(count), results: z.array(published) }).nullable(),
  })
  .meta({ title: 'The report of a bake-off', $id: 'urn:snapshelf:schema:bakeoff-report:1' });

/** The report of a bake-off: a table of losses. */
export type BakeoffReport = Readonly<z.infer<typeof bakeoffReportSchema>>;
/** The part of a report about one loss. */
export type LossReport = BakeoffReport['losses'][number];

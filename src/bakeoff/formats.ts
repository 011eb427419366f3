import { z } from 'zod';
import { recipeSchema } from '../train/recipe/recipe-schema.ts';

const whole = z.int().min(0);
const positive = z.int().min(1);
const share = z
  .number()
  .min(0)
  .max(1 + 1e-9);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits');
const text = z.string().max(4096);
/** The name of a loss, or an expression of several. */
const loss = z.string().min(1).max(500);
/** The name of a value of a recipe, such as `smoothing` or `lossOptions.triplet.margin`. */
const setting = z.string().max(500);
const value = z.union([z.number(), z.boolean()]);
const jobId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,199}$/, 'must be of small letters, digits and hyphens')
  .describe('The name of the job and of its files.');

const counts = z.object({ labels: whole, pictures: whole });

/** The rules of a bake-off, the same for all its results: those of another one cannot be compared. */
const protocolSchema = z.object({
  data: sha256.describe('Of the ids and labels of all parts.'),
  benchmark: z.enum(['cub', 'cars', 'sop', 'in-shop']).nullable().describe('The data set of the literature.'),
  split: z.enum(['own', 'half']).describe("own: the source's splits; half: half of the labels is the test."),
  parts: z.object({
    training: counts.describe('Pictures of the final trainings.'),
    search: counts.describe('Pictures of the trainings that values are chosen with.'),
    validation: counts.describe(
      'Pictures that values are chosen on, of labels that the search does not see.',
    ),
    test: counts.describe('Pictures of labels that nothing was trained or chosen on.'),
  }),
  architecture: z.string().max(100),
  weights: sha256.nullable().describe('Of the weights that every training starts from; null: random ones.'),
  recipeName: z.string().max(100),
  recipe: recipeSchema.describe(
    'The recipe of all trainings, but for the loss, its options and the sampler.',
  ),
  imagesPerLabel: positive.describe('Pictures of a label in a batch, for losses that compare pictures.'),
  seed: whole.describe('The seed that labels are held out by, and that of the search.'),
  metric: z.enum(['cosine']).describe('The distance of the headline.'),
  selection: z.enum(['map@r']).describe('The measure that values are chosen by.'),
  ks: z.array(positive).max(20).describe('K of Recall@K.'),
});

const gridSchema = z.object({
  loss,
  comparesPictures: z.boolean().describe('Whether its batches have several pictures of each label.'),
  setting: setting.nullable().describe('The value of the recipe that is chosen; null: nothing is.'),
  values: z.array(value).max(20),
  fixed: z
    .array(z.object({ setting, value }))
    .max(20)
    .default([])
    .describe('Options that do not have their defaults, with all values.'),
});

const jobSchema = z.object({
  id: jobId,
  kind: z
    .enum(['start', 'search', 'final'])
    .describe(
      'start: the initial weights, not trained. search: one value of a loss. final: one seed of a loss.',
    ),
  loss: loss.nullable(),
  value: value.nullable().describe("The value of the loss's setting, of a search."),
  seed: whole,
  steps: whole,
  pictures: whole.describe('Pictures that are trained on and measured on, repetitions counted.'),
});

/** The plan of a bake-off, `plan.json`: its rules and its jobs. */
export const planSchema = z
  .object({
    format: z.literal('snapshelf-bakeoff'),
    formatVersion: z.literal(1),
    id: sha256.describe('Of the protocol: every result names it.'),
    protocol: protocolSchema,
    sources: z.array(text).max(1000).describe('Absolute paths; they may differ from machine to machine.'),
    weights: text.nullable().describe('The path of the weights.'),
    losses: z.array(gridSchema).max(200),
    seeds: z.array(whole).max(100).describe('Seeds of the final trainings.'),
    jobs: z.array(jobSchema).max(10_000),
  })
  .meta({ title: 'The plan of a bake-off', $id: 'urn:snapshelf:schema:bakeoff-plan:1' });

const figures = z.object({
  metric: z.string().max(100),
  means: z.record(z.string().max(64), share).describe('Means over the queries that count, by measure.'),
});

/** The result of one job, `results/JOB.json`. */
export const resultSchema = z
  .object({
    format: z.literal('snapshelf-bakeoff-result'),
    formatVersion: z.literal(1),
    bakeoff: sha256.describe('The id of the plan.'),
    job: jobSchema,
    settings: z
      .array(setting)
      .max(20)
      .describe('Values of the recipe that the job was trained with, key=value.'),
    outcome: z.enum(['done', 'failed']),
    reason: z.string().max(2000).nullable().describe('Why there are no figures.'),
    queries: z
      .object({ count: whole, sha256: sha256.describe('Of the ids of the queries in order.') })
      .nullable(),
    figures: z.array(figures).max(10),
    perQuery: z
      .object({
        firstRelevant: z
          .array(whole)
          .max(1_000_000)
          .describe('Rank of the first item of the label; 0: a lone query.'),
        figures: z.record(z.string().max(64), z.array(share).max(1_000_000)),
      })
      .nullable()
      .describe('By the metric of the headline, rounded to four decimals; null for a search.'),
    curve: z.array(z.object({ step: whole, loss: z.number() })).max(1000),
    validations: z.array(z.object({ epoch: whole, recall: share })).max(1000),
    seconds: z.object({
      step: z.number().min(0).describe('Median over the run, of a step with its batch.'),
      measuring: z.number().min(0).describe('Export, embedding and search.'),
    }),
    leftOut: whole.describe('Pictures that cannot be read.'),
    machine: z.object({
      cpu: z.string().max(1000),
      cores: positive,
      provider: z.string().max(100),
      gpu: z
        .string()
        .max(200)
        .nullable()
        .optional()
        .describe('The graphics card, of cuda; null if it is not known.'),
      node: z.string().max(100),
      version: z.string().max(100),
      commit: z.string().max(100).nullable(),
    }),
    finished: z.string().max(100).describe('ISO 8601.'),
  })
  .meta({ title: 'The result of a job of a bake-off', $id: 'urn:snapshelf:schema:bakeoff-result:1' });

/** The plan of a bake-off. */
export type Plan = Readonly<z.infer<typeof planSchema>>;
/** The rules of a bake-off. */
export type Protocol = Plan['protocol'];
/** A loss and the values that are tried. */
export type Grid = Plan['losses'][number];
/** A value of a setting of a loss. */
export type SettingValue = number | boolean;
/** A job of a bake-off. */
export type Job = Plan['jobs'][number];
/** The result of a job. */
export type JobResult = Readonly<z.infer<typeof resultSchema>>;

import { z } from 'zod';
import { metricOptionsSchema } from '../../vectors/index.ts';
// Not from the room's index: pages need no database.
import { metric } from '../report/index-schema.ts';
import { boundedList, count, counts, positive, share } from '../report/schema-parts.ts';

/** The stages between a photograph and an answer, in the order in which each adds its loss. */
export const splitStages = ['float32', 'int8', 'shortened', 'stored', 'index', 'filter', 'products'] as const;

/** A stage between a photograph and an answer. */
export type SplitStage = (typeof splitStages)[number];

const stage = z.enum(splitStages);

const paired = z.object({
  difference: z.number().describe('Mean over queries of this line minus the line above: below 0 is a loss.'),
  interval: z.tuple([z.number(), z.number()]).describe('95 % interval, by paired bootstrap over queries.'),
});

const figure = z.object({
  name: z.string().max(64).describe('recall@K or map@r.'),
  mean: share,
  change: paired.nullable().describe('Against the last computed line above; null on the first.'),
});

const row = z.object({
  stage,
  title: z.string().max(200),
  missing: z
    .string()
    .max(2000)
    .nullable()
    .describe('The reason why the line has no figures; null if it has.'),
  against: stage.nullable().describe('The line that the changes are against; null if there is none.'),
  figures: boundedList(64, figure).describe('Empty where the line is missing.'),
  milliseconds: z
    .object({
      of: z.enum(['embedding', 'search']).describe('One picture, decoding included, or one search.'),
      median: z.number().min(0),
    })
    .nullable(),
  bytesPerItem: z
    .number()
    .min(0)
    .nullable()
    .describe('Bytes of memory per item of the gallery; null where it is not known.'),
  note: z.string().max(2000).nullable(),
});

/** The schema of the lines that show where recall is lost. */
export const splitLossSchema = z.object({
  metric,
  metricOptions: metricOptionsSchema.optional(),
  queries: positive.describe('Queries of every line: all that count, or that many spread evenly over them.'),
  items: count.describe('Items of the gallery.'),
  ks: counts.describe('K of recall@K.'),
  rows: boundedList(splitStages.length, row).describe(
    'In the order of the stages, from the picture to the answer.',
  ),
});

/** The loss of recall: a line per stage between a photograph and an answer. */
export type SplitLoss = z.infer<typeof splitLossSchema>;
/** One line of a `SplitLoss`. */
export type SplitRow = z.infer<typeof row>;

import { z } from 'zod';
import { metricOptionsSchema } from '../../vectors/index.ts';
// Not from the room's index: pages need no database.
import { metric } from '../report/index-schema.ts';
import { boundedList, comparedLine, comparedSet } from '../report/schema-parts.ts';

/** The stages between a photograph and an answer, in the order in which each adds its loss. */
export const splitStages = ['float32', 'int8', 'shortened', 'stored', 'index', 'filter', 'products'] as const;

/** A stage between a photograph and an answer. */
export type SplitStage = (typeof splitStages)[number];

const stage = z.enum(splitStages);

const { title, missing, figures, note } = comparedLine(
  'Mean over queries of this line minus the line above: below 0 is a loss.',
  'Against the last computed line above; null on the first.',
);

const row = z.object({
  stage,
  title,
  missing,
  against: stage.nullable().describe('The line that the changes are against; null if there is none.'),
  figures,
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
  note,
});

/** The schema of the lines that show where recall is lost. */
export const splitLossSchema = z.object({
  metric,
  metricOptions: metricOptionsSchema.optional(),
  ...comparedSet,
  rows: boundedList(splitStages.length, row).describe(
    'In the order of the stages, from the picture to the answer.',
  ),
});

/** The loss of recall: a line per stage between a photograph and an answer. */
export type SplitLoss = z.infer<typeof splitLossSchema>;
/** One line of a `SplitLoss`. */
export type SplitRow = z.infer<typeof row>;

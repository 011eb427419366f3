import { z } from 'zod';
// Not from the room's index: the parser threads need no database.
import { takes } from '../../json/index.ts';
import { metricNames, metricOptionsSchema } from '../../vectors/index.ts';

/** The name of a model that the server holds. */
export const model = takes(
  z
    .string()
    .regex(
      /^[^\\/\p{Cc}]{1,200}$/u,
      'Expected the name or the identity (SHA-256) of a model that the server holds: GET /v1/models',
    ),
  // Not every reader of JSON Schema knows classes of characters.
  () => ({ type: 'string', pattern: '^[^\\\\/\\u0000-\\u001f\\u007f-\\u009f]{1,200}$' }),
)
  .optional()
  .describe(
    'The name of a model that the server holds, or its SHA-256 or the beginning of it. Default: the one that GET /v1/models lists as the default.',
  );

/** The settings of a new collection. */
export const collection = z
  .strictObject({
    model,
    metric: z
      .enum(metricNames)
      .optional()
      .describe(
        'Distance of vectors; weak and weak-metric need a model whose output is a softmax. Default: cosine for a new collection.',
      ),
    metricOptions: metricOptionsSchema.optional().describe('The numbers of weak-metric.'),
    storeImages: z
      .boolean()
      .optional()
      .describe(
        'Stores the pictures, which a re-index with another model needs. Default: true for a new collection.',
      ),
  })
  .refine(({ metric, metricOptions }) => metricOptions === undefined || metric === 'weak-metric', {
    path: ['metricOptions'],
    error: 'Only the metric weak-metric has metricOptions',
  })
  .meta({
    dependentSchemas: {
      metricOptions: { required: ['metric'], properties: { metric: { const: 'weak-metric' } } },
    },
  });

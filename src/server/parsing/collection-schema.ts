import { z } from 'zod';
// Not from the room's index: the parser threads need no database.
import { maxDimension } from '../../engine/index.ts';
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

const vectorsOf = z
  .strictObject({
    name: takes(
      z.string().regex(/^[^\p{Cc}\p{Cs}]{1,200}$/u, 'Expected a name of 1 to 200 characters'),
      () => ({ type: 'string', pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]{1,200}$' }),
    ).describe('The name of the model, with its version.'),
    dimension: z.int().min(1).max(maxDimension).describe('Numbers per vector.'),
  })
  .optional()
  .describe(
    'The model, which the server does not hold, of a collection that takes vectors only: pictures can be neither added nor searched for.',
  );

/** The settings of a new collection. */
export const collection = z
  .strictObject({
    model,
    vectorsOf,
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
  .refine(({ model: named, vectorsOf: outside }) => named === undefined || outside === undefined, {
    path: ['vectorsOf'],
    error: 'Name model or vectorsOf, not both',
  })
  .meta({
    dependentSchemas: {
      vectorsOf: { properties: { model: false } },
      metricOptions: { required: ['metric'], properties: { metric: { const: 'weak-metric' } } },
    },
  });

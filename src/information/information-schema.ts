import { z } from 'zod';
import { parametersSchema } from './parameters.ts';

const count = z.int().min(0);

const termsSchema = z.object({
  tightness: z.number().describe('the tightness part of Table 2'),
  contrast: z.number().describe('the contrastive part of Table 2'),
  value: z.number().describe('their sum'),
});

/** The figures of a set of vectors with labels. */
export const figuresSchema = z.object({
  n: count.describe('vectors'),
  dimension: count.describe('numbers of a vector'),
  labels: count.describe('different labels'),
  normalized: z.boolean().describe('true: the vectors were scaled to length 1 before'),
  terms: z
    .object({
      contrastive: termsSchema,
      snca: termsSchema,
      'multi-similarity': termsSchema,
      center: termsSchema,
      pce: termsSchema,
      spce: termsSchema,
    })
    .describe('the rows of Table 2'),
  entropy: z
    .number()
    .nullable()
    .describe('the estimate of H(Z) of eq. 6, nats; null if no two vectors differ'),
  pairsAtDistanceZero: count.describe('pairs of equal vectors, which the entropy leaves out'),
  mutualInformation: z.number().describe('H(Y) - H(Y|Z), nats'),
  labelEntropy: z.number().min(0).describe('H(Y), nats'),
  conditionalEntropy: z.number().min(0).describe('H(Y|Z) by the cross-fitted linear classifier, nats'),
});

/** The report of `snapshelf information`. */
export const informationSchema = figuresSchema.extend({
  parameters: parametersSchema,
  metric: z
    .string()
    .optional()
    .describe('the distance D of the contrastive loss and of the entropy; absent: Euclidean'),
  metricOptions: z.record(z.string(), z.number()).optional().describe('the numbers of weak-metric'),
  beside: z
    .record(z.string(), figuresSchema)
    .optional()
    .describe('the same figures of other vectors of the same pictures, by name'),
});

/** The figures of a set of vectors with labels. */
export type InformationFigures = Readonly<z.infer<typeof figuresSchema>>;

/** The figures of a set of vectors, of others beside it, and the parameters. */
export type Information = Readonly<z.infer<typeof informationSchema>>;

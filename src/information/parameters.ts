import { z } from 'zod';

const positive = z.number().positive();

/** The parameters of the measures. */
export const parametersSchema = z
  .object({
    contrastive: z.object({
      margin: positive.default(1).describe('m of eq. 2, a distance'),
    }),
    snca: z.object({ sigma: positive.default(0.05).describe('sigma, the temperature') }),
    'multi-similarity': z.object({
      alpha: positive.default(2),
      beta: positive.default(50),
      margin: z.number().default(0.5).describe('m, a cosine'),
    }),
    pce: z.object({ lambda: positive.default(1).describe('lambda of Prop. 1') }),
    classifier: z.object({
      folds: z
        .int()
        .min(2)
        .max(100)
        .default(5)
        .describe('parts of the rows; each is predicted from the others'),
      penalty: positive.default(1e-2).describe('weight of half the squared weights, on standardised vectors'),
    }),
  })
  .describe('What the figures follow from besides the vectors and labels');

/** The parameters of the measures. */
export type InformationParameters = z.infer<typeof parametersSchema>;

/** Parameters of which any may be left out. */
export type GivenParameters = {
  readonly [Part in keyof InformationParameters]?: Partial<InformationParameters[Part]> | undefined;
};

/**
 * Fills in the defaults of parameters.
 * @throws RangeError for a value out of range, and for a name that there is not.
 */
export function parametersOf(given: GivenParameters = {}): InformationParameters {
  const parts = Object.keys(parametersSchema.shape).map((name) => [name, {}]);
  const { data, error } = parametersSchema.safeParse({ ...Object.fromEntries(parts), ...given });
  if (data !== undefined) return data;
  const [issue] = error.issues;
  throw new RangeError(`${issue?.path.join('.')} must be another number: ${issue?.message}.`, {
    cause: error,
  });
}

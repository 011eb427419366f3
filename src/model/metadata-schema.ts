import { z } from 'zod';
import type { Filter } from '../image/index.ts';

const filters = ['bilinear', 'bicubic', 'lanczos'] as const satisfies Filter[];

const whole = (maximum: number) => {
  const problem = `must be a whole number from 1 to ${maximum}`;
  return z.int(problem).min(1, problem).max(maximum, problem);
};
const pixels = whole(4096);
const object = 'must be an object';
const text = z
  .string('must be a text')
  .min(1, 'must not be empty')
  .max(1000, 'must have at most 1000 characters');
const filter = z.enum(filters, `must be one of ${filters.join(', ')}`);
/** Records of a trainer or exporter, in their own form. */
const records = z.record(z.string(), z.unknown(), object);

const resize = z.discriminatedUnion(
  'mode',
  [
    z.object({ mode: z.literal('none') }),
    z.object({ mode: z.literal('short-side'), size: pixels, filter }),
    z.object({ mode: z.literal('squash'), width: pixels, height: pixels, filter }),
  ],
  'must have a mode: none, short-side or squash',
);

/** The metadata of a model file. Fields that this release does not know are ignored. */
export const metadataSchema = z
  .object(
    {
      formatVersion: z.literal(1, 'must be 1, the format version that this release reads'),
      name: text.describe('The name of the model'),
      architecture: text.describe('The network, such as resnet50'),
      dimension: whole(16_384).describe('The length D of an embedding'),
      output: z
        .enum(['feature', 'softmax'], 'must be feature or softmax')
        .optional()
        .describe(
          'What an embedding is: the feature, or the probabilities of D classes. Absent: the feature',
        ),
      preprocessing: z
        .object({ resize, crop: z.object({ width: pixels, height: pixels }, object) }, object)
        .describe('The resize and centre crop of a picture, in pixels'),
      weightsSha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')
        .optional()
        .describe('The SHA-256 of the weights that the model was made from, in hexadecimal'),
      training: records.optional().describe('The training run: data set, recipe, recall and the like'),
      projection: records.optional().describe('The projection of the feature; absent if there is none'),
      start: records
        .optional()
        .describe(
          'The feature of the network that training started from, beside the trained one; absent if there is none',
        ),
      quantization: records.optional().describe('The quantisation; absent for a float model'),
      createdAt: text
        .refine((time) => !Number.isNaN(Date.parse(time)), 'must be a time in ISO 8601')
        .optional()
        .describe('The time of the export, ISO 8601'),
    },
    object,
  )
  .meta({
    title: 'The metadata of a Snapshelf model file, in its ONNX property `snapshelf`',
    $id: 'urn:snapshelf:schema:metadata:1',
  });

/** The metadata of a model file. */
export type ModelMetadata = Readonly<z.infer<typeof metadataSchema>>;

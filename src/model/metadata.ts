import { z } from 'zod';
import { SnapshelfError } from '../errors.ts';
import type { Filter, Preprocessing } from '../image/index.ts';
import { parseJsonWithin } from '../json/index.ts';

/** What a model file says of itself, in its ONNX metadata under `metadataKey`. */
export interface ModelMetadata {
  readonly formatVersion: 1;
  readonly name: string;
  readonly architecture: string;
  /** Length D of an embedding, 1 to 16,384: what a collection takes. */
  readonly dimension: number;
  readonly preprocessing: Preprocessing;
  /** SHA-256 of the weights that the model was made from, hexadecimal. */
  readonly weightsSha256?: string | undefined;
  /** The run that trained it: dataset, recipe, recall, whatever the trainer noted. */
  readonly training?: Readonly<Record<string, unknown>> | undefined;
  /** How its feature was made shorter, and what that keeps; undefined where it was not. */
  readonly projection?: Readonly<Record<string, unknown>> | undefined;
  /** How it was made to compute on bytes, and what that lost; undefined of a float model. */
  readonly quantization?: Readonly<Record<string, unknown>> | undefined;
  /** When it was exported, ISO 8601. */
  readonly createdAt?: string | undefined;
}

/** The entry of `metadata_props` that holds the metadata as JSON. */
export const metadataKey = 'snapshelf';

const mostCharacters = 2 ** 20;
const mostValues = 100_000;
const filters = ['bilinear', 'bicubic', 'lanczos'] as const satisfies Filter[];

const whole = (maximum: number): z.ZodType<number> => {
  const says = `is not a whole number from 1 to ${maximum}`;
  return z.int(says).min(1, says).max(maximum, says);
};
const side: z.ZodType<number> = whole(4096);
const text: z.ZodType<string> = z.string('is not a text').min(1, 'is empty').max(1000, 'is too long');
const filter: z.ZodType<Filter> = z.enum(filters, `is none of ${filters.join(', ')}`);
/** Whatever a trainer or exporter noted. */
const notes: z.ZodType<Record<string, unknown>> = z.record(z.string(), z.unknown(), 'is not an object');
const resizes: z.ZodType<Preprocessing['resize']> = z.discriminatedUnion(
  'mode',
  [
    z.object({ mode: z.literal('none') }),
    z.object({ mode: z.literal('short-side'), size: side, filter: filter }),
    z.object({ mode: z.literal('squash'), width: side, height: side, filter: filter }),
  ],
  'is none of none, short-side, squash',
);
const preprocessing: z.ZodType<Preprocessing> = z.object(
  { resize: resizes, crop: z.object({ width: side, height: side }, 'is not an object') },
  'is not an object',
);

const schema: z.ZodType<ModelMetadata> = z.object(
  {
    formatVersion: z.literal(1, 'is not a format version that this release reads, 1'),
    name: text,
    architecture: text,
    dimension: whole(16_384),
    preprocessing: preprocessing,
    weightsSha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'is not 64 hexadecimal digits')
      .optional(),
    training: notes.optional(),
    projection: notes.optional(),
    quantization: notes.optional(),
    createdAt: text.refine((time) => !Number.isNaN(Date.parse(time)), 'is not a time').optional(),
  },
  'is not an object',
);

const invalid = (why: string, cause?: unknown): SnapshelfError =>
  new SnapshelfError(
    'model-invalid',
    `not a Snapshelf model: ${why}. Make one with: snapshelf export --help`,
    { cause },
  );

function parseJson(json: string): unknown {
  try {
    if (json.length > mostCharacters) throw new RangeError(`it has more than ${mostCharacters} characters`);
    return parseJsonWithin(json, { values: mostValues });
  } catch (cause) {
    throw invalid(
      `its "${metadataKey}" metadata is not JSON, or too much: ${(cause as Error).message}`,
      cause,
    );
  }
}

/**
 * The metadata in a model's properties. Fields that this release does not know are left out.
 * @throws SnapshelfError `model-invalid`, naming the field that is missing or wrong.
 */
export function parseMetadata(properties: ReadonlyMap<string, string>): ModelMetadata {
  const json = properties.get(metadataKey);
  if (json === undefined) throw invalid(`it has no "${metadataKey}" metadata`);
  const value = parseJson(json);
  const { data, error } = schema.safeParse(value);
  if (data !== undefined) return data;
  const [issue] = error.issues;
  throw invalid(`${issue?.path.join('.') || 'the metadata'} ${issue?.message}`, error);
}

/** The metadata as the value of the property `metadataKey`. */
export const serializeMetadata = (metadata: ModelMetadata): string => JSON.stringify(metadata);

import { z } from 'zod';
import { maxDimension } from '../../engine/index.ts';
import { jsonOrUndefined } from '../../json/index.ts';
import { isSettledMetric, metricNames, storedMetricOptions } from '../../vectors/index.ts';

/** Text without control characters and lone surrogates. */
const text = (most: number): z.ZodType<string> =>
  z
    .string()
    .max(most)
    .refine((value) => !/[\p{Cc}\p{Cs}]/u.test(value), 'has a control character or a lone surrogate');
const hex64 = z.string().regex(/^[0-9a-f]{64}$/, 'Expected a SHA-256: 64 hex digits');
/** The largest number of a generation. */
export const maxGeneration: number = 2 ** 31;
/** A time as `Date.toISOString` writes it. */
export const time: z.ZodType<string> = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
  .refine((text) => !Number.isNaN(Date.parse(text)), 'is no time');

const spaceSchema = z
  .strictObject({
    modelId: hex64,
    modelName: text(200),
    dimension: z.int().min(1).max(maxDimension),
    metric: z.enum(metricNames),
    /** Of the metric `weak-metric`, all of them. */
    metricOptions: storedMetricOptions.optional(),
    /** Names the table of the vectors and the folder of the index; never used twice. */
    generation: z.int().min(1).max(maxGeneration),
  })
  .refine(isSettledMetric, 'has metricOptions that its metric does not take, or lacks them');

const settingsSchema = z.strictObject({
  storeImages: z.boolean(),
  createdAt: time,
  /** The vectors that are searched. */
  space: spaceSchema,
  /** The vectors of a re-embedding, which will take their place. */
  replacement: spaceSchema.optional(),
  /** Signs paging cursors. Undefined in a collection of an earlier release that nobody has opened to write since. */
  cursorKey: hex64.optional(),
  /** The key of the file of vectors (`memory/vector-cache.ts`) that has those of this database, and needs not be compared with it. */
  vectorsKey: hex64.optional(),
});

/** The model, dimension and metric of one generation of vectors. */
export type VectorSpace = Readonly<z.infer<typeof spaceSchema>>;

/** The settings of a collection, as they are kept as JSON inside its own file. */
export type Settings = Readonly<z.infer<typeof settingsSchema>>;

/**
 * Reads the settings in a collection's file, which may be anybody's: their generation names a table and a folder, so
 * nothing passes that this program would not write itself. Returns the settings, or what is wrong with them.
 */
export function parseSettings(json: string): Settings | { readonly problem: string } {
  const parsed = settingsSchema.safeParse(jsonOrUndefined(json));
  if (!parsed.success) return { problem: `its settings are not understood: ${problemOf(parsed.error)}` };
  const { space: current, replacement } = parsed.data;
  if (current.generation === replacement?.generation)
    return { problem: 'its settings name the same vectors twice' };
  return parsed.data;
}

const problemOf = ({ issues: [first] }: z.ZodError): string =>
  first === undefined ? 'malformed' : `${first.path.map(String).join('.') || 'the whole'}: ${first.message}`;

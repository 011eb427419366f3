import { z } from 'zod';
import { jsonOrUndefined } from '../../json/index.ts';
import { maxDimension } from '../checks/validate.ts';
import type { Metric } from '../exact/distance.ts';

/** Text without control characters and lone surrogates. */
const text = (most: number): z.ZodType<string> =>
  z
    .string()
    .max(most)
    .refine((value) => !/[\p{Cc}\p{Cs}]/u.test(value), 'has a control character or a lone surrogate');
const hex64 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256: 64 hex digits');
/** The largest number of a generation. */
export const maxGeneration: number = 2 ** 31;
/** As `Date.toISOString` writes it. */
export const time: z.ZodType<string> = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
  .refine((text) => !Number.isNaN(Date.parse(text)), 'is no time');

const space = z.strictObject({
  modelId: hex64,
  modelName: text(200),
  dimension: z.int().min(1).max(maxDimension),
  metric: z.enum(['cosine', 'l2']),
  generation: z.int().min(1).max(maxGeneration),
});

const settings = z.strictObject({
  storeImages: z.boolean(),
  createdAt: time,
  space,
  replacement: space.optional(),
  cursorKey: hex64.optional(),
});

/** What the vectors of one generation are made with and compared by. */
export interface VectorSpace {
  readonly modelId: string;
  readonly modelName: string;
  readonly dimension: number;
  readonly metric: Metric;
  /** Names the table of the vectors and the folder of the index; never used twice. A whole number from 1. */
  readonly generation: number;
}

/** What is kept about a collection inside its own file. */
export interface Settings {
  readonly storeImages: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
  /** What is searched. */
  readonly space: VectorSpace;
  /** What is being built to take its place. */
  readonly replacement?: VectorSpace | undefined;
  /** Signs paging cursors: 64 hex digits. Undefined in a collection of an earlier release that nobody has opened to write since. */
  readonly cursorKey?: string | undefined;
}

/**
 * The settings in the JSON of a collection's file, which may be anybody's: its generation names a table and a folder,
 * so nothing passes that this program would not write itself. Returns what is wrong with them otherwise.
 */
export function parseSettings(json: string): Settings | { readonly problem: string } {
  const parsed = settings.safeParse(jsonOrUndefined(json));
  if (!parsed.success) return { problem: `its settings are not understood: ${problemOf(parsed.error)}` };
  const { space: current, replacement } = parsed.data;
  if (current.generation === replacement?.generation)
    return { problem: 'its settings name the same vectors twice' };
  return parsed.data;
}

const problemOf = ({ issues: [first] }: z.ZodError): string =>
  first === undefined ? 'malformed' : `${first.path.map(String).join('.') || 'the whole'}: ${first.message}`;

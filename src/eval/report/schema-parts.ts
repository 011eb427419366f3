import { z } from 'zod';

/** Sums of shares may end one rounding above 1. */
const largestShare = 1 + 1e-9;

/** A JSON Schema of the elements of a list. */
type ElementSchema = Readonly<Record<string, unknown>>;

/**
 * A list of plain values, of any length: one complaint for the whole list, where zod has one for each element.
 * @param holds Whether a value may be in the list.
 * @param name What the values are, in an error.
 * @param items The same rule as JSON Schema.
 */
const plainList = <T>(
  holds: (value: unknown) => boolean,
  name: string,
  items: ElementSchema,
): z.ZodType<readonly T[]> =>
  z
    .custom<readonly T[]>((value) => Array.isArray(value) && value.every(holds), `is no list of ${name}`)
    .meta({ type: 'array', items });

/** A list whose elements are checked only if there are at most `most` of them. */
export const boundedList = <T extends z.ZodType>(
  most: number,
  element: T,
): z.ZodType<readonly z.infer<T>[]> =>
  z
    .custom<unknown[]>(
      (value) => Array.isArray(value) && value.length <= most,
      `is no list of at most ${most}`,
    )
    .pipe(z.array(element))
    .meta({ maxItems: most });

/** An object of at most `most` members with keys of at most 64 characters. */
export const boundedRecord = <T extends z.ZodType>(
  most: number,
  value: T,
): z.ZodType<Readonly<Record<string, z.infer<T>>>> =>
  z
    .custom<object>((object) => Object.keys(Object(object)).length <= most, `has more than ${most} members`)
    .pipe(z.record(z.string().max(64), value))
    .meta({ maxProperties: most });

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isShare = (value: unknown): boolean => isNumber(value) && value >= 0 && value <= largestShare;

/** A whole number from 0. */
export const count: z.ZodType<number> = z.int().min(0);
/** A whole number from 1. */
export const positive: z.ZodType<number> = z.int().min(1);
/** A number from 0 to 1. */
export const share: z.ZodType<number> = z.number().min(0).max(largestShare).meta({ id: 'share' });

/** A list of texts, of any length. */
export const texts: z.ZodType<readonly string[]> = plainList<string>(
  (value) => typeof value === 'string',
  'texts',
  {
    type: 'string',
  },
).meta({ id: 'texts' });
/** A list of numbers, of any length. */
export const numbers: z.ZodType<readonly number[]> = plainList<number>(isNumber, 'numbers', {
  type: 'number',
}).meta({
  id: 'numbers',
});
/** A list of shares, of any length. */
export const shares: z.ZodType<readonly number[]> = plainList<number>(isShare, 'shares', {
  type: 'number',
  minimum: 0,
  maximum: largestShare,
}).meta({ id: 'shares' });
/** A list of whole numbers from 0, of any length. */
export const counts: z.ZodType<readonly number[]> = plainList<number>(
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  'whole numbers from 0',
  { type: 'integer', minimum: 0 },
).meta({ id: 'counts' });
/** A list of percentages, null for an unknown one. */
export const percentages: z.ZodType<readonly (number | null)[]> = plainList<number | null>(
  (value) => value === null || isNumber(value),
  'numbers',
  { type: ['number', 'null'] },
);

/** The parts of a line that is compared with another one: `missing`, `figures`, whose changes have a mean `difference`, and a `note`. */
export function comparedLine(difference: string, change: string) {
  const paired = z.object({
    difference: z.number().describe(difference),
    interval: z.tuple([z.number(), z.number()]).describe('95 % interval, by paired bootstrap over queries.'),
  });
  const figure = z.object({
    name: z.string().max(64).describe('recall@K or map@r.'),
    mean: share,
    change: paired.nullable().describe(change),
  });
  return {
    title: z.string().max(200),
    missing: z
      .string()
      .max(2000)
      .nullable()
      .describe('The reason why the line has no figures; null if it has.'),
    figures: boundedList(64, figure).describe('Empty where the line is missing.'),
    note: z.string().max(2000).nullable(),
  };
}

/** The set that every line of a comparison is of: queries, items and K. */
export const comparedSet = {
  queries: positive.describe('Queries of every line: all that count, or that many spread evenly over them.'),
  items: count.describe('Items of the gallery.'),
  ks: counts.describe('K of recall@K.'),
};

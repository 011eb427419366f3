import { z } from 'zod';
import { boundedList, count, counts, positive, share } from '../report/schema-parts.ts';

/** The lines of a report on options that change the order of answers, in their order. */
export const rankingLines = ['plain', 'crop', 'expand', 'rerank', 'max', 'mean'] as const;

/** A line of the report. */
export type RankingLine = (typeof rankingLines)[number];

const line = z.enum(rankingLines);

const change = z.object({
  difference: z
    .number()
    .describe('Mean over queries of this line minus the one that it is against: above 0 is a gain.'),
  interval: z.tuple([z.number(), z.number()]).describe('95 % interval, by paired bootstrap over queries.'),
});

const figure = z.object({
  name: z.string().max(64).describe('recall@K or map@r.'),
  mean: share,
  change: change.nullable().describe('Null on a line that is against none.'),
});

const row = z.object({
  line: line.describe(
    'plain: by cosine, of items; crop, expand, rerank: the same with the option; max, mean: of products, by their best item and by the mean of all.',
  ),
  title: z.string().max(200),
  missing: z
    .string()
    .max(2000)
    .nullable()
    .describe('The reason why the line has no figures; null if it has.'),
  against: line.nullable().describe('The line that the changes are against; null if there is none.'),
  figures: boundedList(64, figure).describe('Empty where the line is missing.'),
  milliseconds: z
    .number()
    .min(0)
    .nullable()
    .describe('What the option adds to a query, in the mean; null where that was not measured.'),
  note: z.string().max(2000).nullable(),
});

/** The schema of what options that change the order of answers are worth. */
export const rankingComparisonSchema = z.object({
  queries: positive.describe('Queries of every line: all that count, or that many spread evenly over them.'),
  items: count.describe('Items of the gallery.'),
  ks: counts.describe('K of recall@K.'),
  rows: boundedList(rankingLines.length, row).describe('Exact, under cosine, each option by itself.'),
});

/** The worth of options that change the order of answers: a line for each. */
export type RankingComparison = z.infer<typeof rankingComparisonSchema>;
/** One line of a `RankingComparison`. */
export type RankingRow = z.infer<typeof row>;

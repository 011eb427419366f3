import { z } from 'zod';
import { boundedList, comparedLine, comparedSet } from '../report/schema-parts.ts';

/** The lines of a report on options that change the order of answers, in their order. */
export const rankingLines = ['plain', 'crop', 'expand', 'rerank', 'max', 'mean'] as const;

/** A line of the report. */
export type RankingLine = (typeof rankingLines)[number];

const line = z.enum(rankingLines);

const { title, missing, figures, note } = comparedLine(
  'Mean over queries of this line minus the one that it is against: above 0 is a gain.',
  'Null on a line that is against none.',
);

const row = z.object({
  line: line.describe(
    'plain: by cosine, of items; crop, expand, rerank: the same with the option; max, mean: of products, by their best item and by the mean of all.',
  ),
  title,
  missing,
  against: line.nullable().describe('The line that the changes are against; null if there is none.'),
  figures,
  milliseconds: z
    .number()
    .min(0)
    .nullable()
    .describe('What the option adds to a query, in the mean; null where that was not measured.'),
  note,
});

/** The schema of what options that change the order of answers are worth. */
export const rankingComparisonSchema = z.object({
  ...comparedSet,
  rows: boundedList(rankingLines.length, row).describe('Exact, under cosine, each option by itself.'),
});

/** The worth of options that change the order of answers: a line for each. */
export type RankingComparison = z.infer<typeof rankingComparisonSchema>;
/** One line of a `RankingComparison`. */
export type RankingRow = z.infer<typeof row>;

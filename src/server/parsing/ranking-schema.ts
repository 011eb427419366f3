import { z } from 'zod';

const expand = z.strictObject({
  n: z.int().min(1).max(50).optional().describe('The nearest items that are added. Default 3.'),
  alpha: z.number().min(0).max(10).optional().describe('Each counts cos^alpha. Default 3.'),
});

const rerank = z.strictObject({
  depth: z
    .int()
    .min(2)
    .max(500)
    .optional()
    .describe('The nearest items that are put in a new order; those behind are not answered. Default 100.'),
  k1: z.int().min(1).max(500).optional().describe('Neighbours that must see each other. Default 20.'),
  k2: z.int().min(1).max(500).optional().describe('Neighbours whose sets are averaged. Default 6.'),
  lambda: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("The share of the vectors' own distance. Default 0.3."),
});

/** The fields of a search that change the order of what is nearest. */
export const rankingFields = {
  expand: expand
    .optional()
    .describe(
      'Searches by the query and its nearest items (alpha query expansion). Needs the metric cosine.',
    ),
  rerank: rerank
    .optional()
    .describe(
      'Puts the nearest items in the order of k-reciprocal re-ranking, by whether they are near to each other too. Needs the metric cosine; one page.',
    ),
  views: z
    .enum(['max', 'mean'])
    .optional()
    .describe(
      'The score of a product of several items: that of its best, or the mean of all that pass the filter (one page). Default max.',
    ),
};

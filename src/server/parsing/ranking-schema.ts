import { z } from 'zod';
import { expandSchema, rerankSchema } from '../../vectors/index.ts';

/** The fields of a search that change the order of what is nearest. */
export const rankingFields = {
  expand: expandSchema
    .optional()
    .describe(
      'Searches by the query and its nearest items (alpha query expansion). Needs the metric cosine.',
    ),
  rerank: rerankSchema
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

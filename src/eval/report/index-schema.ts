import { z } from 'zod';
import { metricNames } from '../../vectors/index.ts';
// Not from the room's index: pages need no database.
import { boundedList, count, counts, positive, share, shares } from './schema-parts.ts';

/** The name of a metric in a report. */
export const metric = z.enum(metricNames).meta({ id: 'metric', description: 'The distance.' });

const indexPoint = z.object({
  ef: positive.describe('Width of the search.'),
  indexRecall: share.describe('Share of the true k nearest items that HNSW finds.'),
  recall: shares.describe('Recall@K by label for each K of ks.'),
  queriesPerSecond: z.number().describe('Queries per second on one thread.'),
});

/** HNSW beside exact search. */
export const index = z.object({
  metric,
  m: positive,
  efConstruction: positive,
  k: positive.describe('K of indexRecall, at most 10.'),
  ks: counts.describe('K of recall: those of the report up to k.'),
  overFetch: positive
    .optional()
    .describe(
      'Candidates of HNSW per neighbour, of which the nearest by true distance are taken; absent if it is 1.',
    ),
  liveEf: positive.describe('The width that a collection searches with by default.'),
  buildSeconds: z.number(),
  queries: count.describe(
    'Queries that were searched: all that count, or that many spread evenly over them.',
  ),
  exact: z.object({
    recall: shares,
    queriesPerSecond: z.number().describe('Queries per second of exact search on one thread.'),
  }),
  sweep: boundedList(100, indexPoint).describe('By rising ef, liveEf among them.'),
});

/** HNSW at one width of search. */
export type IndexPoint = z.infer<typeof indexPoint>;
/** HNSW beside exact search, over the same queries and gallery. */
export type IndexComparison = z.infer<typeof index>;

import { z } from 'zod';
import { boundedList, count } from './schema-parts.ts';

/** The schema of queries of one label whose nearest item has another one. */
export const confusion = z.object({
  label: z.string().describe('The label of the queries.'),
  as: z.string().describe('The label of their nearest item.'),
  queries: count,
});

/** The schema of pictures that are there under several labels. */
export const labelConflicts = z.object({
  pictures: count.describe('Pictures that are there under several labels.'),
  shown: boundedList(
    100,
    boundedList(10, z.object({ side: z.enum(['query', 'gallery']), id: z.string(), label: z.string() })),
  ).describe('The items of the first of them.'),
});

/** Queries of one label whose nearest item has another one. */
export type Confusion = z.infer<typeof confusion>;
/** Pictures that are there under several labels. */
export type LabelConflicts = z.infer<typeof labelConflicts>;

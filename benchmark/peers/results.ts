import { z } from 'zod';

const timesSchema = z.object({ p50: z.number(), p99: z.number(), recall: z.number().nullable() });

const pointSchema = z.object({
  ef: z.number(),
  recall: z.number(),
  perSecond: z.number(),
  p50: z.number(),
  p99: z.number(),
});

const engineSchema = z.object({
  name: z.string(),
  /** Seconds to build, with the threads that are stated, and what it took of memory beside the vectors' file. */
  buildSeconds: z.number().nullable(),
  threads: z.number(),
  bytes: z.number().nullable(),
  exact: timesSchema.nullable(),
  /** Queries a second, all in one call. */
  batchPerSecond: z.number().nullable(),
  curve: z.array(pointSchema),
  /** Seconds of each round in which a fifth of the items is replaced, and recall after the last. */
  replaceSeconds: z.array(z.number()),
  recallAfter: z.number().nullable(),
});

const filterSchema = z.object({
  share: z.number(),
  correlation: z.string(),
  p50: z.number(),
  p99: z.number(),
  recall: z.number(),
  exactShare: z.number(),
});

/** The schema of what is measured of one set of vectors. */
export const sizeSchema = z.object({
  vectors: z.string(),
  rows: z.number(),
  dimension: z.number(),
  date: z.string(),
  cpu: z.string(),
  cores: z.number(),
  node: z.string(),
  versions: z.record(z.string(), z.string()),
  engines: z.array(engineSchema),
  writeSeconds: z.number(),
  startSeconds: z.number(),
  memory: z.number(),
  firstPage: timesSchema,
  secondPage: timesSchema,
  tenthPage: timesSchema,
  grouped: timesSchema,
  /** Counts of four fields, with and without a filter. */
  facets: timesSchema,
  filters: z.array(filterSchema),
  throughput: z.array(z.object({ kind: z.string(), atOnce: z.number(), perSecond: z.number() })),
  beside: z.array(
    z.object({
      what: z.string(),
      rate: z.number(),
      p50: z.number(),
      p99: z.number().nullable(),
      errors: z.number(),
    }),
  ),
});

/** What is measured of one set of vectors. */
export type SizeResult = z.infer<typeof sizeSchema>;
/** What is measured of one engine. */
export type EngineResult = z.infer<typeof engineSchema>;
/** Times of a kind of query, in milliseconds; recall@10 against the exact answer, where that is another. */
export type Times = z.infer<typeof timesSchema>;

/** The schema of docs/benchmark.json. */
export const resultsSchema = z.object({ sizes: z.array(sizeSchema) });

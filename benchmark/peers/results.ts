import { z } from 'zod';

/** When and on what a part was measured. */
const machineSchema = z.object({
  date: z.string(),
  cpu: z.string(),
  cores: z.number(),
  node: z.string(),
  versions: z.record(z.string(), z.string()).default({}),
});

const timesSchema = z.object({ p50: z.number(), p99: z.number() });

const pointSchema = timesSchema.extend({ ef: z.number(), recall: z.number(), perSecond: z.number() });

const engineSchema = z.object({
  name: z.string(),
  /** null for this project: a part of its own measures that. */
  buildSeconds: z.number().nullable(),
  threads: z.number(),
  /** What the index added to the process. */
  bytes: z.number().nullable(),
  curve: z.array(pointSchema),
  /** Seconds of each round in which a fifth of the items is replaced, and recall after the last. */
  replaceSeconds: z.array(z.number()),
  recallAfter: z.number().nullable(),
});

const loadSchema = z.object({ p50: z.number(), p99: z.number().nullable(), errors: z.number() });

/** The schemas of the parts, by name, in the order in which they are measured. */
export const partSchemas = {
  build: z.object({ writeSeconds: z.number(), seconds: z.number(), bytes: z.number() }),
  start: z.object({ seconds: z.number(), bytes: z.number(), bytesAfterScans: z.number() }),
  exact: z.object({
    own: timesSchema,
    faiss: timesSchema.nullable(),
    /** The speed of faiss over this project's time, of each round. */
    ratios: z.array(z.number()),
    /** The share of this project's answers that faiss gives too. */
    agreement: z.number().nullable(),
    /** Queries per second of each round, all asked at once; of faiss with one thread and with all. */
    ownBatch: z.array(z.number()),
    faissBatch: z.array(z.object({ threads: z.number(), perSecond: z.array(z.number()) })),
  }),
  index: z.object({ engines: z.array(engineSchema) }),
  pages: z.object({
    index: z.object({ first: timesSchema, second: timesSchema, tenth: timesSchema }),
    exact: z.object({ first: timesSchema, second: timesSchema, tenth: timesSchema }),
    grouped: timesSchema,
  }),
  facets: z.array(timesSchema.extend({ name: z.string(), first: z.number() })),
  filters: z.object({
    /** The filters of filters.json: milliseconds until the rows are known, the first time and later. */
    listed: z.array(timesSchema.extend({ name: z.string(), share: z.number(), first: z.number() })),
    searched: z.array(
      timesSchema.extend({
        share: z.number(),
        correlation: z.string(),
        recall: z.number(),
        exactShare: z.number(),
      }),
    ),
  }),
  throughput: z.array(
    z.object({
      kind: z.string(),
      atOnce: z.number(),
      perSecond: z.number(),
      /** The cores that the collection's process was held to; all of the machine's where it is absent. */
      cores: z.number().optional(),
    }),
  ),
  beside: z.array(loadSchema.extend({ of: z.string(), beside: z.string(), rate: z.number() })),
  replace: z.object({
    seconds: z.array(z.number()),
    recallBefore: z.number(),
    recallAfter: z.number(),
  }),
  import: z.object({ commandSeconds: z.number(), httpSeconds: z.number().nullable() }),
  pictures: z.object({
    pictures: z.number(),
    failed: z.number(),
    seconds: z.number(),
    /** Pictures of those that were asked for again, and how many of them were found first. */
    asked: z.number(),
    foundFirst: z.number(),
    search: timesSchema,
  }),
} as const;

/** The name of a part. */
export type PartName = keyof typeof partSchemas;
/** What a part measured. */
export type Part<Name extends PartName> = z.infer<(typeof partSchemas)[Name]>;
/** What was measured of an engine of graphs. */
export type EngineResult = z.infer<typeof engineSchema>;
/** Milliseconds of a kind of request. */
export type Times = z.infer<typeof timesSchema>;
/** When and on what a part was measured. */
export type Machine = z.infer<typeof machineSchema>;

/** The names of the parts, in the order in which they are measured. */
export const partNames = Object.keys(partSchemas) as PartName[];

/** The schema of one set of vectors: the parts that were measured, each with its machine. */
const setSchema = z.object({
  vectors: z.enum(['clustered', 'photographs']),
  rows: z.number(),
  dimension: z.number(),
  parts: z.object(partSchemas).partial().strict(),
  machines: z.partialRecord(z.enum(partNames as [PartName, ...PartName[]]), machineSchema),
});

/** What is measured of one set of vectors. */
export type SetResult = z.infer<typeof setSchema>;

/** The schema of docs/benchmark/results.json. */
export const resultsSchema = z.object({ sets: z.array(setSchema) });

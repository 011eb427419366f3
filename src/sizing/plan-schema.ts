import { z } from 'zod';

const amount = z.number().min(0);
const count = z.int().min(0);
const range = z.tuple([amount, amount]).optional();
const size = z.strictObject({
  memoryBytes: z.number(),
  diskBytes: z.number(),
  buildSeconds: z.number(),
  queryMicros: z.number(),
  serverMicros: z.number(),
});

/** The schema of what an engine needs. */
export const enginePlanSchema = z.strictObject({
  engine: z.string(),
  refused: z.string().optional().describe('why it does not do; absent where it does'),
  nodes: count.describe('machines of the engine'),
  shards: count.describe('parts of the collection'),
  memoryBytes: amount.describe('of all machines together'),
  diskBytes: amount.describe('of all machines together'),
  searchCores: amount.describe('cores that searches keep busy, of all machines together'),
  servers: count.describe(
    'servers of Snapshelf before the engine, each with the cores of a machine; 0 where the engine is in the server',
  ),
  buildHours: amount.describe('to import the vectors and build the index'),
  embedHours: amount.describe('to embed the pictures, on one machine or card'),
  ranges: z
    .strictObject({ memoryBytes: range, diskBytes: range, buildHours: range, searchCores: range })
    .describe('the least and the most of what the model was off by more than 30 % at the check'),
});

/** The schema of `snapshelf plan --json`. */
export const planSchema = z.strictObject({
  request: z.strictObject({
    items: count,
    dimension: count,
    qps: count.describe('searches by picture, a second'),
    replicas: count.describe('machines that keep each item'),
    nodeMemory: amount.describe('bytes'),
    nodeCores: count,
    pictureBytes: count.describe('bytes stored of a picture with its thumbnails'),
    embedding: z
      .strictObject({
        model: z.string(),
        hardware: z.string(),
        cores: count.optional().describe('cores that it was measured on; absent for a card'),
        imagesPerSecond: amount,
      })
      .describe('the measurement by which pictures are embedded'),
  }),
  plans: z.array(
    enginePlanSchema.extend({
      measuredOn: z.string().describe('when and where the figures were measured'),
      check: z
        .strictObject({ items: count, dimension: count, measured: size, off: size })
        .describe('a collection that was measured and not fitted, and by how much of it the model is off'),
    }),
  ),
});

/** The needs of a catalogue on an engine. */
export type EnginePlan = z.infer<typeof enginePlanSchema>;

/** The catalogue that is planned for. */
export type PlanRequest = z.infer<typeof planSchema>['request'];

/** A plan for each engine, as it is printed. */
export type Plan = z.infer<typeof planSchema>;

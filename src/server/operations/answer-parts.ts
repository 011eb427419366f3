import { z } from 'zod';
import type { Json } from '../../engine/index.ts';
import { metricNames, metricOptionsSchema } from '../../vectors/index.ts';
// Not from the room's index, which needs a database.
import { problemSchema } from './problem-schema.ts';

const count = z.int().min(0);
/** The schema of a share or a chance. */
export const share = z.number().min(0).max(1);
/** The schema of milliseconds. */
export const ms = z.number().min(0);

/** The schema of a list in an answer. */
export const listOf = <T extends z.ZodType>(element: T) => z.array(element).readonly();

/** The schema of a path below the server. */
export const link = z.string().describe('A path on this server.');

/** The schema of a time. */
const time = z.iso.datetime();

/** The schema of the name of a metric. */
export const metric = z.enum(metricNames);

/** The schema of the numbers of a metric. */
export const metricOptions = metricOptionsSchema.optional().describe('The numbers of weak-metric.');

const fieldType = z.enum(['text', 'number', 'boolean', 'list']);

/** The schema of the identity of a model. */
export const modelName = z
  .strictObject({ id: z.string().describe('SHA-256 of its file.'), name: z.string() })
  .meta({ id: 'ModelName' });

const reindexState = z.strictObject({
  modelId: z.string(),
  modelName: z.string(),
  dimension: count,
  metric,
  metricOptions,
  done: count.describe('Items that have a vector of the new model.'),
});

/** The schema of the state of a collection's index. */
export const indexInfo = z.strictObject({
  kind: z.enum(['hnsw', 'flat']),
  engine: z.string().nullable().describe('The library of the index, usearch or hnswlib.'),
  state: z.enum(['ready', 'building']),
  indexed: count,
  deletedShare: z.number(),
  ef: count,
  m: count,
  efConstruction: count,
});

const memoryInfo = z.strictObject({
  vectors: count.describe('Vectors and their codes.'),
  columns: count.describe('Fields that filters, facets and grouping have asked for.'),
  index: count.describe('The search index, at least.'),
});

/** The fields of a collection. */
const collectionFields = {
  name: z.string(),
  modelId: z.string().describe('SHA-256 of the file of its model.'),
  modelName: z.string(),
  dimension: count,
  metric,
  metricOptions,
  isMetric: z.boolean().optional().describe('True if the triangle inequality holds; of weak metrics only.'),
  storeImages: z.boolean(),
  createdAt: time,
  items: count,
  products: count,
  productsEstimated: z
    .boolean()
    .optional()
    .describe(
      'True if `products` is estimated, within some 10 %: the engine would take too long to count those of so many items.',
    ),
  sequence: count.describe('The number of the last change.'),
  fields: z.record(z.string(), fieldType).describe('The types of metadata fields.'),
  index: indexInfo,
  memory: memoryInfo
    .optional()
    .describe('Bytes of memory, those of SQLite left out; 0 while the collection is closed.'),
  reindex: reindexState.optional(),
  links: z.strictObject({ items: link, search: link }),
};

/** The schema of a collection. */
export const collectionAnswer = z.strictObject(collectionFields).meta({ id: 'Collection' });

/** A collection as it is answered. */
export type CollectionAnswer = z.infer<typeof collectionAnswer>;

const soundCollection = z
  .strictObject({ status: z.literal('ok'), ...collectionFields })
  .meta({ id: 'ListedCollection' });

const damagedCollection = z.strictObject({
  name: z.string(),
  status: z.literal('damaged'),
  error: problemSchema,
});

/** The schema of a collection in a list. */
export const collectionEntry = z.discriminatedUnion('status', [soundCollection, damagedCollection]);

/** A collection in a list. */
export type CollectionEntry = z.infer<typeof collectionEntry>;

/** The fields of an item. */
const itemFields = {
  id: z.string(),
  productId: z.string(),
  label: z.string().nullable(),
  metadata: z.record(z.string(), z.custom<Json>()),
  split: z.string().nullable(),
  imageHash: z.string().describe('SHA-256 of the stored picture, empty where it is not known.'),
  sentHash: z.string().describe('SHA-256 of the picture as it was sent.'),
  hasImage: z.boolean(),
  hasThumbnail: z.boolean(),
  sequence: count.describe('The revision of the item: every change has its own.'),
  updatedAt: time,
  links: z.strictObject({ self: link, image: link.optional(), thumbnail: link.optional() }),
};

/** The schema of an item. */
export const itemAnswer = z.strictObject(itemFields).meta({ id: 'Item' });

/** An item as it is answered. */
export type ItemAnswer = z.infer<typeof itemAnswer>;

const change = z.enum(['added', 'replaced', 'updated', 'unchanged']);

/** The fields that any write may tell. */
export const told = {
  widened: listOf(z.strictObject({ field: z.string(), from: fieldType }))
    .optional()
    .describe('Metadata fields that became text.'),
  notes: listOf(z.string()).optional().describe('What was read otherwise than it was sent.'),
};

/** The schema of an item that was written. */
export const writtenItem = z.strictObject({ ...itemFields, change, ...told }).meta({ id: 'WrittenItem' });

/** The schema of an item of a batch that was stored. */
export const storedResult = z.strictObject({
  id: z.string(),
  status: z.literal(200),
  change,
  item: itemAnswer,
});

/** The schema of the fields of a page. */
export const page = {
  next: z.string().nullable().describe('The `after` of the next page, null behind the last.'),
  damaged: count.optional().describe('Damaged items that were left out.'),
};

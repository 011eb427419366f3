import { z } from 'zod';
import type { CollectionEvaluation } from '../eval/index.ts';
import type { Filter, Json, ListOptions, Metric, Split } from '../gallery/index.ts';
import type { CropBox } from '../image/index.ts';

/** A part of the picture, after its orientation; pixels unless it says fractions. */
const crop = z.strictObject({
  unit: z.enum(['pixels', 'fractions']).default('pixels'),
  left: z.number(),
  top: z.number(),
  width: z.number(),
  height: z.number(),
});

/** A picture in JSON: base64, with or without `data:...;base64,` before it. Checked here because zod's own check is slow. */
const picture = z.string().transform((text, context): Uint8Array => {
  const base64 = text.replace(/^data:[\w/+.-]{0,100};base64,/, '');
  if (base64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return Buffer.from(base64, 'base64');
  context.addIssue('expected base64; in a form, a file (curl: -F image=@photo.jpg)');
  return z.NEVER;
});

/** What an item has besides its picture. */
export interface ItemFields {
  readonly productId?: string | undefined;
  readonly label?: string | undefined;
  readonly split?: Split | undefined;
  readonly metadata?: Record<string, Json> | undefined;
}

const itemFields = {
  productId: z.string().optional(),
  label: z.string().optional(),
  split: z.enum(['train', 'query', 'gallery', 'test']).optional(),
  metadata: z.record(z.string(), z.json()).optional(),
};

const itemRequest = z.strictObject({ ...itemFields, image: picture.optional() });

/** The fields of an item's request, its picture as base64 where it is part of a JSON body. */
export const parseItem = (value: unknown): ItemFields & { readonly image?: Uint8Array | undefined } =>
  itemRequest.parse(value);

const collectionRequest = z.strictObject({
  metric: z.enum(['cosine', 'l2']).optional(),
  storeImages: z.boolean().optional(),
});

/** The settings of a new collection. */
export const parseCollection = (
  value: unknown,
): { readonly metric?: Metric | undefined; readonly storeImages?: boolean | undefined } =>
  collectionRequest.parse(value);

/** One entry of a batch: an item and the name of its file. */
export interface BatchItem extends ItemFields {
  readonly id: string;
  readonly file?: string | undefined;
}

const batchRequest = z
  .array(z.strictObject({ ...itemFields, id: z.string(), file: z.string().optional() }))
  .max(1000);

/** The field `items` of a batch. */
export const parseBatchItems = (value: unknown): BatchItem[] => batchRequest.parse(value);

// The gallery checks filters itself: its errors name the part that is wrong.
const filter = z
  .custom<Filter>((value) => typeof value === 'object' && value !== null, 'expected an object')
  .optional();

/** What a search may be asked. */
export interface SearchRequest {
  readonly image?: Uint8Array | undefined;
  readonly itemId?: string | undefined;
  readonly vector?: number[] | undefined;
  readonly crop?: CropBox | undefined;
  readonly k?: number | undefined;
  readonly group?: 'product' | 'item' | undefined;
  readonly ef?: number | undefined;
  readonly exact?: boolean | undefined;
  readonly filter?: Filter | undefined;
  readonly minScore?: number | undefined;
  readonly after?: string | undefined;
}

const searchRequest = z.strictObject({
  image: picture.optional(),
  itemId: z.string().optional(),
  vector: z.array(z.number()).max(65_536).optional(),
  crop: crop.optional(),
  k: z.int().min(1).max(1000).optional(),
  group: z.enum(['product', 'item']).optional(),
  ef: z.int().min(1).max(10_000).optional(),
  exact: z.boolean().optional(),
  filter,
  minScore: z.number().optional(),
  after: z.string().max(100_000).optional(),
});

export const parseSearch = (value: unknown): SearchRequest => searchRequest.parse(value);

const modelId = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of a model that the data folder keeps')
  .optional();

const embeddingRequest = z.strictObject({
  image: picture.optional(),
  collection: z.string().optional(),
  model: modelId,
  crop: crop.optional(),
});

export const parseEmbedding = (
  value: unknown,
): {
  readonly image?: Uint8Array | undefined;
  readonly collection?: string | undefined;
  readonly model?: string | undefined;
  readonly crop?: CropBox | undefined;
} => embeddingRequest.parse(value);

const listRequest = z.strictObject({
  limit: z.int().min(1).max(1000).optional(),
  after: z.string().max(10_000).optional(),
  filter,
});

export const parseList = (value: unknown): ListOptions => listRequest.parse(value);

const reindexRequest = z.strictObject({ model: modelId });

export const parseReindex = (value: unknown): { readonly model?: string | undefined } =>
  reindexRequest.parse(value);

const ks = z
  .array(z.int().min(1).max(10_000))
  .min(1)
  .max(50)
  .refine((values) => new Set(values).size === values.length, 'a K is there twice')
  .optional();

const evaluationRequest = z.strictObject({
  query: filter,
  gallery: filter,
  manifest: z
    .array(
      z.strictObject({ id: z.string(), split: z.enum(['query', 'gallery']), label: z.string().optional() }),
    )
    .min(1)
    .max(200_000)
    .refine(
      (entries) => new Set(entries.map(({ id, split }) => `${split} ${id}`)).size === entries.length,
      'an item is there twice',
    )
    .optional(),
  metrics: z
    .array(z.enum(['cosine', 'l2']))
    .min(1)
    .refine((values) => new Set(values).size === values.length, 'a metric is there twice')
    .optional(),
  ks,
  convention: z.enum(['ours', 'paper']).optional(),
  index: z.boolean().optional(),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional(),
});

/** What an evaluation may be asked. */
export const parseEvaluationRequest = (value: unknown): CollectionEvaluation =>
  evaluationRequest.parse(value);

/** Fields that are text as they are; every other field of a form or a query string is JSON. */
const textFields = new Set([
  'productId',
  'label',
  'split',
  'group',
  'after',
  'itemId',
  'collection',
  'model',
  'image',
]);

/** A form's or query string's fields as the values that a JSON body would have. What is not JSON stays text, for the schema to refuse. */
export function parseFields(form: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const parsed = Object.entries(form).map(([name, value]) => {
    if (typeof value !== 'string' || textFields.has(name)) return [name, value] as const;
    try {
      return [name, JSON.parse(value) as unknown] as const;
    } catch {
      return [name, value] as const;
    }
  });
  return Object.fromEntries(parsed);
}

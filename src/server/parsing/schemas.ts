import { z } from 'zod';
import { SnapshelfError } from '../../errors.ts';
// Not from the room's index: the parser threads need neither a runtime nor a database.
import { evaluationRequest, manifestEntry } from '../../eval/jobs/job-request.ts';
import type { Filter, Json } from '../../gallery/index.ts';
import { list, numbers } from '../../json/index.ts';
import type { Limits, RequestKind } from './limits.ts';
import { manifestOf } from './manifest.ts';

/** A part of the picture, after EXIF orientation; in pixels unless the unit is fractions. */
const crop = z.strictObject({
  unit: z.enum(['pixels', 'fractions']).default('pixels'),
  left: z.number(),
  top: z.number(),
  width: z.number(),
  height: z.number(),
});

/** A picture in JSON: base64, with or without `data:...;base64,` before it. zod's own check of base64 is slow. */
const picture = z.string().transform((text, context): Uint8Array => {
  const base64 = text.replace(/^data:[\w/+.-]{0,100};base64,/, '');
  if (base64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return Buffer.from(base64, 'base64');
  context.addIssue('Expected base64; in a form, a file (curl: -F image=@photo.jpg)');
  return z.NEVER;
});

/** A text of a field: the gallery checks ids and labels, this only keeps megabytes from it. */
const text = z.string().max(4096);

/** Metadata of an item, parsed from JSON: the gallery checks how much an item may have. */
const metadata = z.custom<Record<string, Json>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'Expected an object',
);

const itemFields = {
  productId: text.optional(),
  label: text.optional(),
  split: z.enum(['train', 'query', 'gallery', 'test']).optional(),
  metadata: metadata.optional(),
};

const modelId = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'Expected the SHA-256 of a model in the data folder')
  .optional();

/** Only bounds the size: the gallery checks filters itself, because its errors name the part that is wrong. */
const filterOf = ({ filterBytes }: Limits) =>
  z
    .custom<Filter>((value) => typeof value === 'object' && value !== null, 'Expected an object')
    .refine(
      (value) => Buffer.byteLength(JSON.stringify(value)) <= filterBytes,
      `Expected a filter of at most ${filterBytes} bytes of JSON`,
    );

/** The manifest of an evaluation leaves as bytes, never as objects. */
function evaluationOf(limits: Limits) {
  const filter = filterOf(limits).optional();
  const entries = list(manifestEntry(limits.labelCharacters), { min: 1, max: limits.manifestEntries });
  return evaluationRequest
    .extend({ query: filter, gallery: filter, manifest: entries.optional() })
    .transform(({ manifest, ...request }) => {
      if (manifest === undefined) return { request };
      if ((request.query ?? request.gallery) !== undefined)
        throw new SnapshelfError('request-invalid', 'Give either a manifest or filters, not both.');
      return { request, manifest: manifestOf(manifest) };
    });
}

/** The one schema of each kind of request; the types of its fields follow from it. */
function requestSchemas(limits: Limits) {
  const filter = filterOf(limits).optional();
  const after = z.string().max(32_768).optional();
  const batchItem = z.strictObject({ ...itemFields, id: text, file: text.optional() });
  return {
    collection: z.strictObject({
      metric: z.enum(['cosine', 'l2']).optional(),
      storeImages: z.boolean().optional(),
    }),
    item: z.strictObject({ ...itemFields, image: picture.optional() }),
    batch: z.strictObject({ items: list(batchItem, { max: limits.batchItems }).optional() }),
    list: z.strictObject({ limit: z.int().min(1).max(1000).optional(), after, filter }),
    search: z.strictObject({
      image: picture.optional(),
      itemId: text.optional(),
      vector: numbers(limits.vectorNumbers).optional(),
      crop: crop.optional(),
      k: z.int().min(1).max(1000).optional(),
      group: z.enum(['product', 'item']).optional(),
      ef: z.int().min(1).max(10_000).optional(),
      exact: z.boolean().optional(),
      filter,
      minScore: z.number().optional(),
      after,
    }),
    embedding: z.strictObject({
      image: picture.optional(),
      collection: text.optional(),
      model: modelId,
      crop: crop.optional(),
    }),
    reindex: z.strictObject({ model: modelId }),
    evaluation: evaluationOf(limits),
  } satisfies Record<RequestKind, z.ZodType>;
}

type Schemas = ReturnType<typeof requestSchemas>;

/** The checked fields of each kind of request. */
export type RequestFields = { readonly [K in RequestKind]: z.output<Schemas[K]> };

/** One entry of a batch: an item and the name of its file. */
export type BatchItem = NonNullable<RequestFields['batch']['items']>[number];

let made: { readonly key: string; readonly schemas: Schemas } | undefined;

/**
 * Checks the fields of a request of one kind. The schemas of the last limits are kept, because making them takes longer
 * than using them.
 * @throws SnapshelfError `request-invalid`.
 * @throws ZodError for a field that the schema refuses.
 */
export function checkFields<K extends RequestKind>(
  kind: K,
  fields: Record<string, unknown>,
  limits: Limits,
): RequestFields[K] {
  const key = JSON.stringify(limits);
  if (made?.key !== key) made = { key, schemas: requestSchemas(limits) };
  return made.schemas[kind].parse(fields) as RequestFields[K];
}

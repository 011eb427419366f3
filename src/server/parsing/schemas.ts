import { z } from 'zod';
import { SnapshelfError } from '../../errors.ts';
import type { EvaluationRequest } from '../../eval/index.ts';
// Not from the room's index: the parser threads need neither a runtime nor a database.
import { evaluationRequest, manifestEntry } from '../../eval/jobs/job-request.ts';
import type { Filter, Json, ListOptions, Metric, Split } from '../../gallery/index.ts';
import type { CropBox } from '../../image/index.ts';
import { list, numbers } from '../../json/index.ts';
import type { Limits, RequestKind } from './limits.ts';
import { type AskedManifest, manifestOf } from './manifest.ts';

/** What an item has besides its picture. */
export interface ItemFields {
  readonly productId?: string | undefined;
  readonly label?: string | undefined;
  readonly split?: Split | undefined;
  readonly metadata?: Record<string, Json> | undefined;
}

/** One entry of a batch: an item and the name of its file. */
export interface BatchItem extends ItemFields {
  readonly id: string;
  readonly file?: string | undefined;
}

/** What a search may be asked. */
export interface SearchRequest {
  readonly image?: Uint8Array | undefined;
  readonly itemId?: string | undefined;
  readonly vector?: Float32Array | undefined;
  readonly crop?: CropBox | undefined;
  readonly k?: number | undefined;
  readonly group?: 'product' | 'item' | undefined;
  readonly ef?: number | undefined;
  readonly exact?: boolean | undefined;
  readonly filter?: Filter | undefined;
  readonly minScore?: number | undefined;
  readonly after?: string | undefined;
}

/** An evaluation that is asked for; its manifest is bytes, never objects. */
export interface AskedEvaluation {
  readonly request: EvaluationRequest;
  readonly manifest?: AskedManifest | undefined;
}

/** The fields of every kind of request, checked. */
export interface RequestFields {
  readonly collection: { readonly metric?: Metric | undefined; readonly storeImages?: boolean | undefined };
  readonly item: ItemFields & { readonly image?: Uint8Array | undefined };
  readonly batch: { readonly items?: BatchItem[] | undefined };
  readonly list: ListOptions;
  readonly search: SearchRequest;
  readonly embedding: {
    readonly image?: Uint8Array | undefined;
    readonly collection?: string | undefined;
    readonly model?: string | undefined;
    readonly crop?: CropBox | undefined;
  };
  readonly reindex: { readonly model?: string | undefined };
  readonly evaluation: AskedEvaluation;
}

/** What checks the fields of each kind of request. Throws a ZodError. */
export type FieldParsers = {
  readonly [K in RequestKind]: (fields: Record<string, unknown>) => RequestFields[K];
};

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

/** Any text of a field: the gallery says what an id or a label may be, this keeps megabytes from it. */
const text = z.string().max(4096);

/** What `JSON.parse` made is JSON: the gallery, which every way in leads to, says how much of it an item may have. */
const metadata = z.custom<Record<string, Json>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected an object',
);

const itemFields = {
  productId: text.optional(),
  label: text.optional(),
  split: z.enum(['train', 'query', 'gallery', 'test']).optional(),
  metadata: metadata.optional(),
};

const modelId = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of a model that the data folder keeps')
  .optional();

/** The gallery checks filters itself: its errors name the part that is wrong. */
const filterOf = ({ filterBytes }: Limits): z.ZodType<Filter> =>
  z
    .custom<Filter>((value) => typeof value === 'object' && value !== null, 'expected an object')
    .refine(
      (value) => Buffer.byteLength(JSON.stringify(value)) <= filterBytes,
      `a filter has at most ${filterBytes} bytes of JSON`,
    );

const searchOf = (limits: Limits): z.ZodType<SearchRequest> =>
  z.strictObject({
    image: picture.optional(),
    itemId: text.optional(),
    vector: numbers(limits.vectorNumbers).optional(),
    crop: crop.optional(),
    k: z.int().min(1).max(1000).optional(),
    group: z.enum(['product', 'item']).optional(),
    ef: z.int().min(1).max(10_000).optional(),
    exact: z.boolean().optional(),
    filter: filterOf(limits).optional(),
    minScore: z.number().optional(),
    after: z.string().max(32_768).optional(),
  });

/** An evaluation's fields; its manifest leaves as bytes. */
function evaluationOf(limits: Limits): FieldParsers['evaluation'] {
  const { manifestEntries, labelCharacters } = limits;
  const filter = filterOf(limits).optional();
  const filters = z.looseObject({ query: filter, gallery: filter });
  const entries = list(manifestEntry(labelCharacters), { min: 1, max: manifestEntries });
  const manifests = z.strictObject({ manifest: entries.optional() });
  return ({ manifest: listed, ...fields }) => {
    const request = evaluationRequest.parse(filters.parse(fields));
    const { manifest } = manifests.parse({ manifest: listed });
    if (manifest === undefined) return { request };
    if ((request.query ?? request.gallery) !== undefined)
      throw new SnapshelfError('request-invalid', 'give either a manifest or filters, not both');
    return { request, manifest: manifestOf(manifest) };
  };
}

const parserOf =
  <T>(schema: z.ZodType<T>) =>
  (fields: Record<string, unknown>): T =>
    schema.parse(fields);

function makeParsers(limits: Limits): FieldParsers {
  const batchItem = z.strictObject({ ...itemFields, id: text, file: text.optional() });
  return {
    collection: parserOf(
      z.strictObject({ metric: z.enum(['cosine', 'l2']).optional(), storeImages: z.boolean().optional() }),
    ),
    item: parserOf(z.strictObject({ ...itemFields, image: picture.optional() })),
    batch: parserOf(z.strictObject({ items: list(batchItem, { max: limits.batchItems }).optional() })),
    list: parserOf(
      z.strictObject({
        limit: z.int().min(1).max(1000).optional(),
        after: z.string().max(32_768).optional(),
        filter: filterOf(limits).optional(),
      }),
    ),
    search: parserOf(searchOf(limits)),
    embedding: parserOf(
      z.strictObject({
        image: picture.optional(),
        collection: text.optional(),
        model: modelId,
        crop: crop.optional(),
      }),
    ),
    reindex: parserOf(z.strictObject({ model: modelId })),
    evaluation: evaluationOf(limits),
  };
}

let made: { readonly of: string; readonly parsers: FieldParsers } | undefined;

/** The parsers under these limits. Making them takes longer than using them, so the last ones are kept. */
export function fieldParsers(limits: Limits): FieldParsers {
  const of = JSON.stringify(limits);
  if (made?.of !== of) made = { of, parsers: makeParsers(limits) };
  return made.parsers;
}

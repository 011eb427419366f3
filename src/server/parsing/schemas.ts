import { z } from 'zod';
import type { Json } from '../../engine/index.ts';
import { list, name, numbers, takes } from '../../json/index.ts';
import { collection, model } from './collection-schema.ts';
import { evaluationOf, filterOf } from './evaluation-schema.ts';
import { facetFields, searchFacets } from './facet-schema.ts';
import { idReference, itemText } from './forms.ts';
import type { Limits, RequestKind } from './limits.ts';
import { crop, picture, storedPicture, url } from './picture-schema.ts';
import {
  after,
  afterInAddress,
  calibrationStart,
  comparisonOf,
  duplicatesRequests,
  explanationOf,
  goodEnough,
  group,
  oneQuery,
  partsOf,
  sort,
} from './query-schema.ts';
import { rankingFields } from './ranking-schema.ts';
import { importReport, webhookRequest } from './webhook-request.ts';

/** A text of a field: the gallery checks ids and labels, this only keeps megabytes from it. */
const text = z.string().max(4096);
/** An id, a product id or a label; the gallery checks them. */
const idText = takes(name(text), () => idReference);
const productText = takes(name(text), () => itemText(1));
const labelText = takes(name(text), () => itemText(0));

/** Metadata of an item, parsed from JSON: the gallery checks how much an item may have. */
const metadata = takes(
  z.custom<Record<string, Json>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'Expected an object',
  ),
  () => ({ type: 'object', propertyNames: { pattern: '^[^\\u0000]*$', not: { const: '__proto__' } } }),
);

const itemFields = {
  productId: productText
    .optional()
    .describe('The product that the picture shows. Default: the id of the item.'),
  label: labelText.optional().describe('The class of the picture.'),
  split: z
    .enum(['train', 'query', 'gallery', 'test'])
    .optional()
    .describe('The part of an evaluation that the item belongs to. Default: none.'),
  metadata: metadata
    .optional()
    .describe('Any JSON object without a key `__proto__` at any depth; filters can use its fields.'),
};

const strict = z
  .boolean()
  .optional()
  .describe('Refuses metadata whose type is not that of its field in the collection. Default false.');

/** The fields of an update: one that is left out stays, null removes it. */
const updateFields = {
  productId: productText.nullable().optional().describe('null makes the item its own product.'),
  label: labelText.nullable().optional().describe('null removes it.'),
  split: itemFields.split.nullable(),
  metadata: metadata.optional().describe('Is merged into the metadata of the item: null removes a key.'),
};

/** A list of ids. */
const ids = (max: number) => list(idText, { max }).optional();

const optionalFilter = (limits: Limits) =>
  filterOf(limits).optional().describe('Only items that match. Default: all items.');

const searchOf = (limits: Limits) =>
  z
    .strictObject({
      image: picture,
      itemId: idText
        .optional()
        .describe('Searches with the picture of this item, which is not an answer itself.'),
      ownProduct: z
        .boolean()
        .optional()
        .describe('Answers the other items of the product of `itemId` too. Default false.'),
      vector: numbers(limits.vectorNumbers).optional().describe('Searches with this raw vector, float32[D].'),
      crop,
      ...partsOf(idText),
      k: z.int().min(1).max(1000).optional().describe('Answers per page. Default 10.'),
      group,
      ef: z
        .int()
        .min(1)
        .max(10_000)
        .optional()
        .describe(
          'Effort of the HNSW search: larger finds more and takes longer. Default: that of the index.',
        ),
      exact: z
        .boolean()
        .optional()
        .describe('Compares with every item instead of searching the HNSW index. Default false.'),
      filter: optionalFilter(limits),
      exclude: ids(1000).describe('Ids of items that are no answers.'),
      excludeProducts: list(productText, { max: 1000 })
        .optional()
        .describe('Ids of products whose items are no answers.'),
      sort,
      ...goodEnough,
      ...rankingFields,
      facets: searchFacets.optional().describe('Counts values of fields beside the search.'),
      after,
    })
    .meta(oneQuery);

/** The schemas of requests that write or delete items. */
function writesOf(limits: Limits) {
  const batchItem = z.strictObject({
    ...itemFields,
    id: idText.describe('Id of the item; an item of the same id is replaced.'),
    file: text.optional().describe('Name of its file. Default: the file at the same position.'),
    url,
  });
  return {
    item: z.strictObject({ ...itemFields, image: picture, url, strict }),
    update: z.strictObject({ ...updateFields, strict }),
    updates: z.strictObject({
      items: list(z.strictObject({ ...updateFields, id: idText }), { min: 1, max: limits.batchItems }),
      strict,
    }),
    delete: z
      .strictObject({
        ids: ids(limits.batchItems),
        filter: optionalFilter(limits),
        productId: productText.optional(),
      })
      .meta({ oneOf: [{ required: ['ids'] }, { required: ['filter'] }, { required: ['productId'] }] }),
    vectors: z.strictObject({
      model: text.describe(
        'The model that made the vectors, that of the collection: its name, or its identity or the beginning of it.',
      ),
      strict,
    }),
    batch: z.strictObject({
      strict,
      items: list(batchItem, { max: limits.batchItems })
        .optional()
        .describe('One entry per file. Default: one item per file, whose name is its id.'),
    }),
  };
}

/** The one schema of each kind of request; the types of its fields follow from it. */
function requestSchemas(limits: Limits) {
  return {
    collection,
    ...writesOf(limits),
    list: z.strictObject({
      limit: z.int().min(1).max(1000).optional().describe('Items per page. Default 100.'),
      after: afterInAddress,
      filter: optionalFilter(limits),
    }),
    picture: storedPicture,
    search: searchOf(limits),
    searches: z.strictObject({
      searches: list(searchOf(limits), { min: 1, max: limits.batchSearches }).describe(
        'The searches, each as one by itself; pictures in base64.',
      ),
    }),
    facets: z.strictObject({ fields: facetFields, filter: optionalFilter(limits), group }),
    comparison: comparisonOf(text, model),
    explanation: explanationOf(idText),
    calibration: calibrationStart,
    ...duplicatesRequests,
    embedding: z.strictObject({
      image: picture,
      collection: text.optional().describe('The collection whose model embeds the picture.'),
      model,
      crop,
    }),
    reindex: z.strictObject({ model }),
    evaluation: evaluationOf(limits),
    webhook: webhookRequest,
    importReport,
  } satisfies Record<RequestKind, z.ZodType>;
}

type Schemas = ReturnType<typeof requestSchemas>;

/** The checked fields of each kind of request. */
export type RequestFields = { readonly [K in RequestKind]: z.output<Schemas[K]> };

/** The fields of each kind of request as a client sends them: pictures in base64, what has a default left out. */
export type RequestInputs = { readonly [K in RequestKind]: z.input<Schemas[K]> };

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
  return schemaOf(kind, limits).parse(fields) as RequestFields[K];
}

/** Returns the schema of a kind of request. */
export function schemaOf(kind: RequestKind, limits: Limits): z.ZodType {
  const key = JSON.stringify(limits);
  if (made?.key !== key) made = { key, schemas: requestSchemas(limits) };
  return made.schemas[kind];
}

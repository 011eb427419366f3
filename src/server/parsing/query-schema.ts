import { z } from 'zod';
import { maxQueryParts } from '../../engine/index.ts';
import { list, takes } from '../../json/index.ts';
import { fieldReference } from './forms.ts';
import { crop, cropChoice, picture, pictureBytes } from './picture-schema.ts';

const weight = z
  .number()
  .min(-1000)
  .max(1000)
  .refine((value) => value !== 0, 'Expected a weight other than 0: leave the part out instead')
  .meta({ not: { const: 0 } });
const weights = list(weight, { max: maxQueryParts }).optional();

/** The fields of a search by several pictures and items. */
export const partsOf = (id: z.ZodType<string, string | number>) => ({
  images: list(pictureBytes, { min: 1, max: maxQueryParts })
    .optional()
    .describe('Searches with these pictures together, and with those of itemIds.'),
  imageWeights: weights.describe(
    'The weight of each of images, below 0 for "not like this". Default 1 each.',
  ),
  crops: list(cropChoice.nullable(), { max: maxQueryParts })
    .optional()
    .describe('The part of each of images to look at, as crop; null for the whole picture.'),
  itemIds: list(id, { min: 1, max: maxQueryParts })
    .optional()
    .describe('Searches with the pictures of these items together, which are no answers themselves.'),
  itemWeights: weights.describe(
    'The weight of each of itemIds, below 0 for "not like this". Default 1 each.',
  ),
});

/** The things that are answered, or counted. */
export const group = z
  .enum(['product', 'item'])
  .optional()
  .describe('One answer, or one count, per product, or for every item. Default product.');

const sortField = z.strictObject({
  field: takes(z.string().max(4096), () => fieldReference),
  order: z.enum(['asc', 'desc']).optional(),
});

/** The fields that answers of one and the same score are ordered by. */
export const sort = list(sortField, { max: 4 })
  .optional()
  .describe('The order of answers of one and the same score. Default: by id.');

/** The least score of an answer. A number of JSON beyond these bounds may be rounded, and is read as text. */
const minScore = z
  .number()
  .min(-Number.MAX_SAFE_INTEGER)
  .max(Number.MAX_SAFE_INTEGER)
  .optional()
  .describe('Leaves out answers below this score. Default: none.');

/** The share of searches for products that are not there which may be answered. */
const maxFalseMatch = z
  .number()
  .gt(0)
  .max(0.5)
  .optional()
  .describe(
    'Answers only what is certain enough: of searches for products that are not there, at most this share gets an answer. The collection has to be calibrated. Default: everything is answered.',
  );

/** The fields that leave out answers which are not good enough. */
export const goodEnough = { minScore, maxFalseMatch };

/** The schema of the start of a calibration. */
export const calibrationStart = z.strictObject({
  category: z
    .string()
    .max(600)
    .regex(/^(label|metadata\..+)$/s)
    .optional()
    .describe('The field that tells categories apart: label (the default), or metadata. and a key.'),
  unknownShare: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('The share of searches whose product is not there, which confidences go by. Default 0.5.'),
  maxItems: z
    .int()
    .min(40)
    .max(20_000)
    .optional()
    .describe('Items that are searched for at most, drawn from all. Default 10,000.'),
});

/** The rules between the fields of a search, as JSON Schema: it has exactly one query, and some fields belong to one kind of it. */
export const oneQuery = {
  oneOf: [
    { required: ['image'] },
    { required: ['itemId'] },
    { required: ['vector'] },
    { anyOf: [{ required: ['images'] }, { required: ['itemIds'] }] },
  ],
  dependentRequired: {
    crop: ['image'],
    ownProduct: ['itemId'],
    imageWeights: ['images'],
    crops: ['images'],
    itemWeights: ['itemIds'],
  },
};

/** The same rules for a form, which always has a picture: by itself, or several with items. */
export const oneQueryInForm = {
  without: ['ownProduct', 'vector'],
  oneOf: [
    {
      required: ['image'],
      properties: { images: false, itemIds: false, itemWeights: false, imageWeights: false, crops: false },
    },
    { required: ['images'], properties: { image: false, crop: false } },
  ],
  dependentRequired: { itemWeights: ['itemIds'] },
} as const;

/** The schema of the explanation of a match. */
export const explanationOf = (id: z.ZodType<string, string | number>) =>
  z
    .strictObject({
      image: picture,
      crop,
      itemId: id.optional().describe('Explains the match of this item, instead of that of a picture.'),
      match: id.describe('The item that was found.'),
    })
    .meta({
      oneOf: [{ required: ['image'] }, { required: ['itemId'] }],
      dependentRequired: { crop: ['image'] },
    });

/** The schema of the comparison of two pictures. */
export const comparisonOf = (collection: z.ZodType<string, string>, model: z.ZodOptional<z.ZodString>) =>
  z.strictObject({
    images: list(pictureBytes, { min: 2, max: 2 }).optional().describe('The two pictures in base64.'),
    crops: list(cropChoice.nullable(), { min: 2, max: 2 })
      .optional()
      .describe('The part of each picture to look at, as crop; null for the whole picture.'),
    collection: collection.optional().describe('The collection whose model and metric compare the pictures.'),
    model,
    metric: z
      .enum(['cosine', 'l2'])
      .optional()
      .describe('Default: the metric of the collection that is named, else cosine.'),
  });

const threshold = z
  .number()
  .gt(0)
  .max(1)
  .optional()
  .describe(
    'The score from which two pictures count as nearly identical. Default under cosine 0.95; other metrics need one.',
  );

const exact = z
  .boolean()
  .optional()
  .describe('Compares with every item instead of searching the HNSW index. Default false.');

/** The schema of a question for the duplicates of an item. */
const duplicatesQuery = z.strictObject({
  threshold,
  limit: z.int().min(1).max(1000).optional().describe('Duplicates at most. Default 100.'),
  exact,
});

/** The schema of a search for the duplicates of a collection. */
const duplicatesSearch = z.strictObject({ threshold, exact });

/** The schema of the cursor of a page. */
export const after = z
  .string()
  .max(32_768)
  .optional()
  .describe('The field `next` of the page before. Default: the first page.');

/** The same in the address of a list, which has no room for more. */
export const afterInAddress = after
  .unwrap()
  .max(8192)
  .optional()
  .describe(after.description ?? '');

/** The schema of a question for a page of the duplicates of a collection. */
const duplicatesPage = z.strictObject({
  limit: z.int().min(1).max(1000).optional().describe('Items per page. Default 100.'),
  after: afterInAddress,
});

/** The schemas of the requests about duplicates. */
export const duplicatesRequests = {
  duplicates: duplicatesQuery,
  findDuplicates: duplicatesSearch,
  foundDuplicates: duplicatesPage,
};

import { z } from 'zod';
import { itemAnswer, listOf, metric, metricOptions, modelName, ms, page, share } from './answer-parts.ts';

const count = z.int().min(0);

/** The milliseconds of embedding a picture. */
export const embeddingTimings = { decodeMs: ms, queueMs: ms, inferenceMs: ms };

const foundBox = z
  .strictObject({
    unit: z.enum(['pixels', 'fractions']),
    left: z.number(),
    top: z.number(),
    width: z.number(),
    height: z.number(),
  })
  .meta({ id: 'Box', description: 'A part of an upright picture, in pixels.' });

/** The box that was found for a picture. */
const foundCrop = foundBox
  .optional()
  .describe('The box around the subject that was found, where crop auto was asked for.');

/** The boxes that were found for several pictures. */
export const foundCrops = listOf(foundBox.nullable())
  .optional()
  .describe('The same of each of images, null for those without crop auto.');

const heatMap = z
  .strictObject({
    rows: listOf(listOf(share)).describe(
      'Rows of numbers from 0, the part that speaks least for the match, to 1, the one that speaks most.',
    ),
    area: foundBox.describe(
      'The part of the picture that the rows cover, which the model saw. It may reach beyond the picture.',
    ),
    width: count.describe('Of the upright picture, in pixels.'),
    height: count,
  })
  .meta({ id: 'HeatMap' });

/** The schema of the explanation of a match. */
export const explanationAnswer = z
  .strictObject({
    model: modelName,
    metric,
    score: z.number(),
    distance: z.number(),
    query: heatMap.nullable().describe('The parts of the picture of the query; null if it is not stored.'),
    match: heatMap.nullable().describe('The parts of the picture of the match; null if it is not stored.'),
    crop: foundCrop,
    timings: z.strictObject(embeddingTimings),
  })
  .meta({ id: 'Explanation' });

/** The schema of an embedded picture. */
export const embeddingAnswer = z
  .strictObject({
    model: modelName,
    dimension: count,
    embedding: z.array(z.number()).describe('The raw vector, not normalised.'),
    crop: foundCrop,
    timings: z.strictObject(embeddingTimings),
  })
  .meta({ id: 'Embedding' });

const facetRange = z.strictObject({
  from: z.number().nullable().describe('null for however small; a number of it is in the range.'),
  to: z.number().nullable().describe('null for however large; a number of it is in the next range.'),
  count,
});

const facet = z.strictObject({
  field: z.string(),
  values: listOf(z.strictObject({ value: z.union([z.string(), z.number(), z.boolean()]), count })).describe(
    'The most frequent values, equal counts by rising value; empty where ranges were asked for.',
  ),
  others: count.describe('Further different values.'),
  ranges: listOf(facetRange).optional(),
  missing: count.describe('Those that have no value in the field; where ranges were asked for, no number.'),
});

/** The schema of counts. */
export const facetsAnswer = z
  .strictObject({
    fields: listOf(facet).describe('In the order of the request.'),
    total: count.describe('Items, or products, that were counted.'),
  })
  .meta({ id: 'Facets' });

const ranking = z.strictObject({
  expandedBy: count.optional().describe('Items that the query was expanded by.'),
  depth: count.optional().describe('The nearest items that were put in a new order, or whose products were.'),
});

/** The schema of a page of results. */
export const searchAnswer = z
  .strictObject({
    collection: z.string(),
    model: modelName,
    metric,
    searched: z.strictObject({
      kind: z.enum(['exact', 'hnsw']),
      ef: count.nullable(),
      metricOptions,
      candidates: count,
    }),
    timings: z.strictObject({ ...embeddingTimings, filterMs: ms, searchMs: ms, fetchMs: ms, totalMs: ms }),
    results: listOf(
      z.strictObject({
        rank: z.int().min(1),
        score: z.number(),
        distance: z.number(),
        rerankDistance: z.number().optional().describe('The distance of re-ranking, by which results come.'),
        confidence: share
          .optional()
          .describe('The chance that it is the product that was searched for, in a calibrated collection.'),
        item: itemAnswer,
      }),
    ),
    ranking: ranking.optional().describe('Where expand, rerank or views mean was asked for.'),
    crop: foundCrop,
    crops: foundCrops,
    ...page,
    total: count.describe('Items that pass the filter.'),
    hidden: count.describe('Items passed over because their product has a result already.'),
    facets: facetsAnswer.optional().describe('Where they were asked for.'),
    noMatch: z
      .strictObject({ reason: z.enum(['uncertain', 'nothing-found']), confidence: share.optional() })
      .optional()
      .describe(
        'The reason why there is no result: the nearest may as well be another product, or there is none.',
      ),
    calibration: z
      .strictObject({ changed: z.number().min(0), isDue: z.boolean(), leastRate: z.number().min(0) })
      .optional()
      .describe(
        'The share of the collection that has changed since its calibration; due from a fifth on. The least maxFalseMatch that its pairs support.',
      ),
  })
  .meta({ id: 'SearchPage' });

/** A page of results as it is answered. */
export type SearchPage = z.infer<typeof searchAnswer>;

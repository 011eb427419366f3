import { z } from 'zod';
import { itemAnswer, listOf, metric, modelName, ms } from './answer-parts.ts';
import type { Operations } from './operation.ts';
import { problemSchema } from './problem-schema.ts';
import {
  embeddingTimings,
  explanationAnswer,
  facetsAnswer,
  foundCrops,
  searchAnswer,
} from './search-answers.ts';

const count = z.int().min(0);

const searchErrors = [
  'item-not-found',
  'filter-invalid',
  'cursor-invalid',
  'vector-invalid',
  'query-invalid',
  'dimension-mismatch',
  'model-mismatch',
  'model-not-found',
  'no-feature-map',
  'not-calibrated',
  'too-few-pairs',
] as const;

const searchResult = z.union([
  searchAnswer.extend({ status: z.literal(200) }).meta({ id: 'BatchSearchPage' }),
  z.strictObject({ status: z.int(), error: problemSchema }),
]);

/** The result of one search of a batch. */
export type SearchResult = z.infer<typeof searchResult>;

const comparison = z
  .strictObject({
    score: z.number(),
    distance: z.number(),
    metric,
    model: modelName,
    identical: z.boolean().describe('True if both pictures are the same bytes.'),
    crops: foundCrops,
    timings: z.strictObject(embeddingTimings),
  })
  .meta({ id: 'Comparison' });

const duplicates = z
  .strictObject({
    item: itemAnswer,
    threshold: z.number(),
    duplicates: listOf(
      z.strictObject({
        score: z.number(),
        distance: z.number(),
        identical: z.boolean().describe('True if both pictures are the same bytes.'),
        item: itemAnswer,
      }),
    ),
    more: z.boolean().describe('True if there are more than the limit.'),
    searched: z.enum(['exact', 'hnsw']),
  })
  .meta({ id: 'ItemDuplicates' });

const foundDuplicates = z
  .strictObject({
    state: z
      .enum(['running', 'done', 'failed', 'interrupted'])
      .describe('The same POST continues one that was interrupted.'),
    threshold: z.number(),
    exact: z.boolean(),
    startedAt: z.iso.datetime(),
    done: count.describe('Items that were looked at.'),
    total: count.describe('Items of the collection when it began.'),
    groups: count.describe('Groups of nearly identical items.'),
    members: count.describe('Items in them.'),
    changed: count.describe('Items that were added, replaced or deleted since it began.'),
    cut: count.describe('Items of whose near-duplicates only the nearest 1,000 were joined.'),
    damaged: count.describe('Items that cannot be read.'),
    error: problemSchema.optional(),
    results: listOf(
      z.strictObject({
        group: count.describe('The number of the group. It may go on in the next page.'),
        size: count.describe('Items of the whole group.'),
        items: listOf(
          z.strictObject({
            score: z.number().describe('The highest score with another item of the group.'),
            identical: z.boolean().describe('True if another item of the group is the same bytes.'),
            item: itemAnswer,
          }),
        ),
      }),
    ).describe('The largest group first; empty while it runs.'),
    gone: count.describe('Items of this page that were deleted since, and are left out.'),
    next: z.string().nullable().describe('The `after` of the next page, null behind the last.'),
  })
  .meta({ id: 'CollectionDuplicates' });

/** The duplicates of a collection as they are answered. */
export type DuplicatesAnswer = z.infer<typeof foundDuplicates>;

/** The operations of searches. */
export const searchOperations = {
  '/v1/collections/:collection/search': {
    post: {
      id: 'search',
      need: 'search',
      summary: 'Finds the items that look like a picture, an item, a vector, or several with weights.',
      takes: 'search',
      query: ['k', 'group', 'ef', 'exact', 'minScore', 'maxFalseMatch', 'filter', 'after'],
      pictures: 'image',
      answers: { 200: searchAnswer },
      errors: searchErrors,
    },
  },
  '/v1/collections/:collection/facets': {
    post: {
      id: 'getFacets',
      need: 'search',
      summary: 'Counts the values of fields, of the items that pass a filter.',
      takes: 'facets',
      answers: { 200: facetsAnswer },
      errors: ['filter-invalid'],
    },
  },
  '/v1/collections/:collection/search/batch': {
    post: {
      id: 'searchBatch',
      need: 'search',
      summary: 'Searches several times, each with an answer or an error of its own.',
      takes: 'searches',
      answers: {
        200: z
          .strictObject({ failed: z.int().min(0), results: listOf(searchResult), totalMs: ms })
          .meta({ id: 'SearchResults' }),
      },
    },
  },
  '/v1/collections/:collection/search/explain': {
    post: {
      id: 'explainMatch',
      need: 'search',
      summary: 'Tells which parts of a picture, and of an item that it found, speak for the match.',
      takes: 'explanation',
      pictures: 'image',
      answers: { 200: explanationAnswer },
      errors: ['item-not-found', 'image-not-stored', 'model-not-found', 'model-mismatch', 'no-feature-map'],
    },
  },
  '/v1/collections/:collection/items/:id/duplicates': {
    get: {
      id: 'getDuplicates',
      need: 'read',
      summary: 'Lists the items that are nearly identical to an item.',
      takes: 'duplicates',
      answers: { 200: duplicates },
      errors: ['item-not-found'],
    },
  },
  '/v1/collections/:collection/duplicates': {
    get: {
      id: 'getFoundDuplicates',
      need: 'read',
      summary: 'Lists the groups of nearly identical items that the last search has found, page by page.',
      takes: 'foundDuplicates',
      answers: { 200: foundDuplicates },
      errors: ['item-not-found', 'cursor-invalid'],
    },
    post: {
      id: 'startDuplicates',
      need: 'write',
      summary: 'Looks for the nearly identical items of a collection, in the background.',
      takes: 'findDuplicates',
      headers: ['Idempotency-Key'],
      answers: { 202: foundDuplicates },
      errors: ['collection-busy'],
    },
    delete: {
      id: 'deleteDuplicates',
      need: 'write',
      summary: 'Cancels the search, and removes what it has found.',
      answers: { 204: null },
      errors: ['item-not-found'],
    },
  },
  '/v1/compare': {
    post: {
      id: 'compare',
      need: 'read',
      summary: 'Computes how similar two pictures are.',
      takes: 'comparison',
      pictures: 'images',
      answers: { 200: comparison },
      errors: [
        'collection-not-found',
        'id-invalid',
        'model-not-found',
        'no-feature-map',
        'gallery-damaged',
        'model-mismatch',
      ],
    },
  },
} as const satisfies Operations;

import { z } from 'zod';
import { embeddingTimings, itemAnswer, listOf, metric, modelName, ms, searchAnswer } from './answer-parts.ts';
import type { Operations } from './operation.ts';
import { problemSchema } from './problem-schema.ts';

const searchErrors = [
  'item-not-found',
  'filter-invalid',
  'cursor-invalid',
  'vector-invalid',
  'query-invalid',
  'dimension-mismatch',
  'model-mismatch',
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

/** The operations of searches. */
export const searchOperations = {
  '/v1/collections/:collection/search': {
    post: {
      id: 'search',
      need: 'search',
      summary: 'Finds the items that look like a picture, an item, a vector, or several with weights.',
      takes: 'search',
      query: ['k', 'group', 'ef', 'exact', 'minScore', 'filter', 'after'],
      pictures: 'image',
      answers: { 200: searchAnswer },
      errors: searchErrors,
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
  '/v1/compare': {
    post: {
      id: 'compare',
      need: 'read',
      summary: 'Computes how similar two pictures are.',
      takes: 'comparison',
      pictures: 'images',
      answers: { 200: comparison },
      errors: ['collection-not-found', 'model-not-found', 'gallery-damaged', 'model-mismatch'],
    },
  },
} as const satisfies Operations;

import { z } from 'zod';
import { collectionAnswer, collectionEntry, listOf } from './answer-parts.ts';
import type { Operations } from './operation.ts';
import { problemSchema } from './problem-schema.ts';

const reindex = z
  .strictObject({
    state: z.enum(['running', 'done', 'failed', 'cancelled']),
    done: z.int().min(0).describe('Items that are done.'),
    total: z.int().min(0),
    error: problemSchema.optional(),
  })
  .meta({ id: 'Reindex' });

/** A re-index as it is answered. */
export type ReindexAnswer = z.infer<typeof reindex>;

/** The operations of collections. */
export const collectionOperations = {
  '/v1/collections': {
    get: {
      id: 'listCollections',
      need: 'read',
      summary: 'Lists the collections, by name.',
      answers: {
        200: z.strictObject({ collections: listOf(collectionEntry) }),
      },
      lines: collectionEntry,
    },
  },
  '/v1/collections/:collection': {
    get: {
      id: 'getCollection',
      need: 'read',
      summary: 'Describes a collection.',
      answers: { 200: collectionAnswer },
    },
    put: {
      id: 'createCollection',
      need: 'admin',
      summary: 'Creates a collection, or answers the one that has these settings.',
      takes: 'collection',
      answers: { 200: collectionAnswer, 201: collectionAnswer },
      errors: ['collection-exists', 'model-not-found', 'model-mismatch', 'metric-mismatch'],
    },
    delete: {
      id: 'deleteCollection',
      need: 'admin',
      summary: 'Removes a collection with its items and evaluations.',
      answers: { 204: null },
    },
  },
  '/v1/collections/:collection/reindex': {
    get: {
      id: 'getReindex',
      need: 'admin',
      summary: 'Shows the last re-index since the start.',
      answers: { 200: reindex },
      errors: ['item-not-found'],
    },
    post: {
      id: 'startReindex',
      need: 'admin',
      summary: 'Switches to another model, in the background.',
      takes: 'reindex',
      headers: ['Idempotency-Key'],
      answers: { 202: reindex },
      errors: ['collection-busy', 'model-not-found', 'metric-mismatch'],
    },
    delete: {
      id: 'cancelReindex',
      need: 'admin',
      summary: 'Cancels a re-index.',
      answers: { 200: reindex },
      errors: ['item-not-found'],
    },
  },
} as const satisfies Operations;

import { z } from 'zod';
import { collectionAnswer, collectionEntry, listOf, share } from './answer-parts.ts';
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

const seen = z
  .strictObject({ share, low: share, high: share, of: z.int().min(0).describe('Searches.') })
  .nullable()
  .meta({ id: 'SeenShare' });

const calibration = z
  .strictObject({
    state: z.enum(['running', 'done', 'failed', 'cancelled']).describe('The state of the last calibration.'),
    done: z.int().min(0).describe('Items that were searched for.'),
    total: z.int().min(0),
    error: problemSchema.optional(),
    calibration: z
      .strictObject({
        modelId: z.string(),
        calibratedAt: z.iso.datetime(),
        items: z.int().min(0).describe('Items of the collection then.'),
        products: z.int().min(0),
        category: z.string().describe('The field that tells categories apart.'),
        unknownShare: share.describe(
          'The share of searches whose product is not there, as confidences assume it.',
        ),
        known: z.int().min(0).describe('Searches for items whose product has others.'),
        right: z.int().min(0).describe('Those of them whose nearest product was the right one.'),
        pairs: z.int().min(0).describe('Searches with the whole product left out: what thresholds rest on.'),
        leastRate: z.number().describe('The least maxFalseMatch that so many pairs support.'),
        categories: listOf(
          z.strictObject({ category: z.string().nullable(), pairs: z.int().min(0) }),
        ).describe('Pairs by the category of the answer, null for none.'),
        checked: listOf(
          z.strictObject({
            rate: share,
            falseMatches: seen.describe('Searches for products that are not there that got an answer.'),
            falseRejects: seen.describe(
              'Searches for products that are there whose answer is wrong or missing.',
            ),
            inHindsight: share.describe(
              'The false rejects of the best single threshold on the score that keeps the rate on these very searches.',
            ),
          }),
        )
          .optional()
          .describe('What was seen by the rate: each fifth of the products judged by what the others say.'),
        tradeOff: listOf(z.strictObject({ rate: share, falseRejects: share })).describe(
          'By maxFalseMatch, the share of searches for products that are there whose answer is wrong or missing.',
        ),
        changed: z.number().min(0).describe('Changes since, as a share of the items that there were.'),
        isDue: z.boolean().describe('True if a fifth or more has changed: calibrate again.'),
        misfit: z
          .enum(['other-model', 'changed'])
          .optional()
          .describe('The reason why it is not used any more.'),
      })
      .optional()
      .describe('What is kept, whatever the state.'),
  })
  .meta({ id: 'Calibration' });

/** A calibration as it is answered. */
export type CalibrationAnswer = z.infer<typeof calibration>;

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
  '/v1/collections/:collection/calibration': {
    get: {
      id: 'getCalibration',
      need: 'read',
      summary: 'Shows the calibration of a collection, and the state of one that runs.',
      answers: { 200: calibration },
      errors: ['item-not-found', 'not-calibrated'],
    },
    post: {
      id: 'startCalibration',
      need: 'write',
      summary: 'Finds out what the scores of a collection are worth, in the background.',
      takes: 'calibration',
      headers: ['Idempotency-Key'],
      answers: { 202: calibration },
      errors: ['collection-busy'],
    },
    delete: {
      id: 'deleteCalibration',
      need: 'write',
      summary: 'Cancels a calibration that runs, or removes the one that is kept.',
      answers: { 204: null },
      errors: ['item-not-found'],
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

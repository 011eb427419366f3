import { z } from 'zod';
import { calibrationSchema } from '../../matching/index.ts';
import { listOf, share } from './answer-parts.ts';
import type { Operations } from './operation.ts';
import { problemSchema } from './problem-schema.ts';

const seen = z
  .strictObject({ share, low: share, high: share, of: z.int().min(0).describe('Searches.') })
  .nullable()
  .meta({ id: 'SeenShare' });

const kept = z.strictObject({
  modelId: z.string(),
  calibratedAt: z.iso.datetime(),
  items: z.int().min(0).describe('Items of the collection then.'),
  products: z.int().min(0),
  category: z.string().describe('The field that tells categories apart.'),
  unknownShare: share.describe('The share of searches whose product is not there, as confidences assume it.'),
  known: z.int().min(0).describe('Searches for items whose product has others.'),
  right: z.int().min(0).describe('Those of them whose nearest product was the right one.'),
  pairs: z.int().min(0).describe('Searches with the whole product left out: what thresholds rest on.'),
  leastRate: z.number().describe('The least maxFalseMatch that so many pairs support.'),
  categories: listOf(z.strictObject({ category: z.string().nullable(), pairs: z.int().min(0) })).describe(
    'Pairs by the category of the answer, null for none.',
  ),
  checked: listOf(
    z.strictObject({
      rate: share,
      falseMatches: seen.describe('Searches for products that are not there that got an answer.'),
      falseRejects: seen.describe('Searches for products that are there whose answer is wrong or missing.'),
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
  misfit: z.enum(['other-model', 'changed']).optional().describe('The reason why it is not used any more.'),
});

const calibration = z
  .strictObject({
    state: z.enum(['running', 'done', 'failed', 'cancelled']).describe('The state of the last calibration.'),
    done: z.int().min(0).describe('Items that were searched for.'),
    total: z.int().min(0),
    error: problemSchema.optional(),
    calibration: kept.optional().describe('What is kept, whatever the state.'),
  })
  .meta({ id: 'Calibration' });

/** A calibration as it is answered. */
export type CalibrationAnswer = z.infer<typeof calibration>;

const { nearest: curve, crossCheck } = calibrationSchema.shape;

const report = kept
  .extend({
    collection: z.string(),
    model: z.string().describe('The name of its model.'),
    rivalWeight: share.describe(
      'The part of the score of the best other product that is taken from an answer.',
    ),
    curve: curve.describe('From strength to the chance that the nearest product is the right one.'),
    curves: listOf(z.strictObject({ category: z.string().nullable(), curve })).describe(
      'Of single categories, where there are enough answers.',
    ),
    thresholds: listOf(
      z.strictObject({
        rate: share,
        category: z
          .string()
          .nullable()
          .optional()
          .describe('null for none; left out: all that have no threshold of their own.'),
        strength: z.number().nullable().describe('Answers above it are given; null: none is.'),
        pairs: z.int().min(0).describe('The false matches that it rests on.'),
      }),
    ).describe('At the usual rates, of the collection as it is now.'),
    crossCheck: crossCheck.describe(
      'A check on searches that it does not know; left out where there were too few products.',
    ),
  })
  .meta({ id: 'CalibrationReport' });

/** The operations of calibrations. */
export const calibrationOperations = {
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
  '/v1/collections/:collection/calibration/report': {
    get: {
      id: 'getCalibrationReport',
      need: 'read',
      summary: 'Sends the report of a calibration, as JSON or as a page.',
      answers: { 200: { mediaTypes: ['text/html'], holds: 'The report as a page.', json: report } },
      errors: ['item-not-found', 'not-calibrated', 'worker-died'],
    },
  },
} as const satisfies Operations;

import { z } from 'zod';

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const number = z.number();
/** The most categories that a calibration tells apart. */
export const maxCategories = 200;
/** The most characters of the name of a category. */
export const maxCategory = 200;
/** The most searches that a calibration rests on. */
export const maxQueries = 20_000;
const category = z.string().max(maxCategory).nullable();
const rising = (values: readonly number[]): boolean =>
  values.every((value, i) => i === 0 || value >= (values[i - 1] as number));

/** A share that was seen in searches, with its 95 % interval. */
const seen = z.strictObject({ share, low: share, high: share, of: count });
const bin = seen.extend({
  /** The mean strength or confidence of its answers. */
  at: number,
});
const bins = z.array(bin).max(20);
/** The answers that were seen at a rate of false matches; null where nothing was searched for. */
const seenAt = z.strictObject({
  rate: share,
  falseMatches: seen.nullable(),
  /** Searches for products that are there whose answer is wrong or missing. */
  falseRejects: seen.nullable(),
});

const curve = z
  .strictObject({
    scores: z.array(number).min(1).max(maxQueries).refine(rising, 'Expected rising scores').readonly(),
    chances: z.array(share).min(1).max(maxQueries).refine(rising, 'Expected rising chances').readonly(),
    /** Outcomes that it was fitted to: no chance is nearer to 0 or 1 than so many can show. */
    outcomes: count,
  })
  .refine(({ scores, chances }) => scores.length === chances.length, 'Expected a chance for each score');

/** A calibration, as it is kept with its collection. */
export const calibrationSchema = z.strictObject({
  format: z.literal('snapshelf-calibration'),
  version: z.literal(1),
  /** SHA-256 of the model that made the vectors. */
  modelId: z.string().max(64),
  metric: z.string().max(40),
  calibratedAt: z.iso.datetime(),
  /** The state of the collection when it began. */
  sequence: count,
  items: count,
  products: z.int().min(1),
  /** The field that tells categories apart: `label`, or `metadata.` and a key. */
  category: z.string().max(600),
  /** The share of searches whose product is not there, as confidences assume it. */
  unknownShare: share,
  /** The part of the score of the best other product that is taken from an answer. */
  rivalWeight: share,
  /** Searches for items whose product has others, and those of them whose nearest product was the right one. */
  known: count,
  right: count,
  nearest: curve,
  /** Of single categories, where there are enough. */
  nearestBy: z.array(z.strictObject({ category, curve })).max(maxCategories + 1),
  /** Of the answers behind the nearest. */
  further: curve,
  falseMatches: z
    .array(
      z.strictObject({
        category,
        strengths: z
          .array(number)
          .max(maxQueries)
          .refine((values) => rising(values.toReversed()), 'Expected falling strengths')
          .readonly(),
      }),
    )
    .max(maxCategories + 1),
  /** The share of searches for products that are there whose answer is wrong or missing, by the rate of false matches. */
  tradeOff: z.array(z.strictObject({ rate: share, falseRejects: share })).max(100),
  /** A check on searches that it does not know. Earlier releases did not keep it. */
  crossCheck: z
    .strictObject({
      /** The parts that the products were divided into. */
      parts: count,
      rates: z
        .array(
          seenAt.extend({
            /** The false rejects of the best threshold on the score alone that keeps the rate on these very searches. */
            inHindsight: share,
          }),
        )
        .max(100),
      /** Right answers by confidence. */
      confidences: bins,
      /** Right answers by strength, of the calibration as it is. */
      strengths: bins,
      /** By the category of the answer, the most frequent first. */
      categories: z
        .array(z.strictObject({ category, strengths: bins, rates: z.array(seenAt).max(10) }))
        .max(maxCategories),
    })
    .optional(),
});

/** A calibration: what the scores of a collection are worth. */
export type Calibration = Readonly<z.infer<typeof calibrationSchema>>;

/** A check of a calibration on searches that it does not know. */
export type CrossCheck = NonNullable<Calibration['crossCheck']>;
/** The share of right answers of about the same strength or confidence. */
export type SeenBin = z.infer<typeof bin>;
